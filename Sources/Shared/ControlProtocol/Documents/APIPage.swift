/// docs/api.md, generated from the table of endpoints; a test fails where the page and the table differ.
package enum APIPage {
    /// The whole page as Markdown.
    package static var text: String {
        introduction + AccessTable.text + openAI
            + ControlAPITable.groups.map { group in
                let about = group.about.isEmpty ? "" : "\n\(group.about)\n"
                return "\n## \(group.title)\n" + about + group.endpoints.map(section).joined()
            }.joined()
    }

    private static let introduction = """
        # The control API

        Generated from the table of endpoints (`FINETUNED_REGENERATE=1 tools/test.sh APIPageTests` writes it \
        anew).
        The daemon answers HTTP on its Unix socket, `/run/finetuned/finetuned.sock`. Who may ask what is a table \
        below; orders are recorded
        with the name of the user who connected. `docs/openapi.json` says the same for programs.

        Bodies and answers are JSON with times as ISO 8601 (`2026-11-24T12:00:00Z`). Where a parameter has one value \
        that chooses another answer, as
        in `?format=html`, it has a section of its own. A parameter or value that there is not is an error, as is \
        every other fault: the answer is then
        `{"error": {"message": …, "type": …, "param": …, "code": …, "place": …, "remedy": …, "cause": …}}`, the code \
        is stable, `param` is the field or
        parameter at fault, and the status is 400 (the request is wrong), 404 (there is no such thing or path), 405 \
        (the method is not possible), 409 (not in
        this state), 413 (the body is too large), 429 or 503 (too much is asked, or it is stopping), 500 (a fault of \
        the daemon) or 507 (its disk is full). Every answer
        has a name of its own in `x-request-id`.

        A POST that makes something (a job, a file, an upload or a part of one, a run, an experiment, a base) may \
        come with an `Idempotency-Key`, a text of the caller's own: the same request under the same key
        gets the first answer again for a day, over restarts as well, and makes nothing more; another request under \
        the key is 400 `idempotency_error`.

        What stands under Files and OpenAI is OpenAI's API, for its clients (`base_url="http://localhost/v1"` over \
        the socket): times are whole seconds since 1970, fields
        and parameters that nobody knows are taken, and an error's message holds the remedy as well. A file may have \
        512 MiB, a part of one 64 MiB, and an upload in parts may take an hour. Equal contents are on the disk once.

        Try one:

        ```sh
        curl -sS --unix-socket /run/finetuned/finetuned.sock http://localhost/v1/status
        ```

        """

    private static func section(_ endpoint: EndpointDescription) -> String {
        var text = "\n### \(endpoint.method.rawValue) \(endpoint.address)\n\n\(endpoint.about)\n\n"
        if !endpoint.parameters.isEmpty {
            text += "| parameter | value | what |\n|---|---|---|\n"
            text += endpoint.parameters.map(row).joined() + "\n"
        }
        text += body(endpoint) + "Answer: \(words(endpoint.answer)).\n"
        return text
    }

    private static func row(_ parameter: ParameterDescription) -> String {
        let name = "`\(parameter.name)`" + (parameter.isRequired ? " (required)" : "")
        return "| \(name) | \(words(parameter.values)) | \(parameter.about) |\n"
    }

    private static func body(_ endpoint: EndpointDescription) -> String {
        guard endpoint.body != .none else { return "" }
        let text = "Body: \(words(endpoint.body))"
        let fields = endpoint.fields().map { field in
            "`\(field.name)` (\(words(field.kind))\(field.isRequired ? "" : ", optional"))"
        }
        return text + (fields.isEmpty ? ".\n" : " with \(fields.joined(separator: ", ")).\n")
    }

    private static func words(_ content: EndpointContent) -> String {
        switch content {
        case .none: "nothing"
        case .json(let name): "`\(name)`"
        case .lines(let name): "`\(name)` as JSON lines"
        case .events(let name): "server-sent events of `\(name)`"
        case .jsonOrEvents(let name): "`\(name)` as JSON, or server-sent events with `\"stream\": true`"
        case .bytes(let type): type == "application/octet-stream" ? "the bytes of a file" : "`\(type)`"
        }
    }

    private static func words(_ values: QueryValues) -> String {
        switch values {
        case .text: "text"
        case .choice(let values): values.map { "`\($0)`" }.joined(separator: ", ")
        case .number(let range, let usual):
            range.upperBound == Int.max
                ? "from \(range.lowerBound) on (\(usual))" : "\(range.lowerBound) to \(range.upperBound) (\(usual))"
        case .flag: "`1`"
        case .time: "time"
        }
    }

    private static func words(_ kind: BodyField.Kind) -> String {
        switch kind {
        case .text: "text"
        case .whole: "whole number"
        case .number: "number"
        case .truth: "true or false"
        case .choice(let values): values.map { "`\($0)`" }.joined(separator: ", ")
        case .list: "list"
        case .table: "object"
        case .oneOf(let kinds): kinds.map(words).joined(separator: " or ")
        }
    }
}
