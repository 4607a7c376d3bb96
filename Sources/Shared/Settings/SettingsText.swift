import Nouns

/// A pipeline's settings as its file would have them, with every default written out.
package enum SettingsText {
    /// The whole file; what reads it gets equal settings.
    ///
    /// - Parameter notes: why a value is not that of the file, by key of the recipe, `base` or `replay_share`: it
    ///   stands behind the value as a comment.
    package static func toml(_ settings: PipelineSettings, notes: [String: String] = [:]) -> String {
        var lines = ["# The pipeline \(settings.name) as it is in force, from \(settings.file)."]
        var section = ""
        for key in PipelineSettings.keys {
            if key.section != section {
                section = key.section
                lines += ["", "[\(section)]"]
            }
            if key.path == "delivery.webhook", let address = hidden(settings) {
                lines.append("# \(key.name): \(address), and more that is not shown")
                continue
            }
            let note = notes[key.name].map { "  # \(comment($0))" } ?? ""
            // A key without a value of its own cannot be written; what it stands for is said.
            lines.append(
                key.read(settings).map { "\(key.name) = \(value($0))\(note)" } ?? "# \(key.name): \(key.fallback)")
        }
        lines += search(settings.experiment)
        for rule in settings.gates.rules { lines += table("gates.rule", members(rule)) }
        for grader in settings.gates.graders {
            lines += table("gates.grader", (grader.configuration.objectValue ?? [:]).sorted { $0.key < $1.key })
        }
        for evaluator in settings.gates.evaluators { lines += table("gates.evaluator", members(evaluator)) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The address of the webhook as it may be shown, where that is not the whole.
    private static func hidden(_ settings: PipelineSettings) -> String? {
        guard let text = settings.delivery.webhook else { return nil }
        guard let address = WebhookAddress(text) else { return WebhookAddress.shown(text) }
        return address.isShownInPart ? address.shown : nil
    }

    private static func table(_ name: String, _ members: [(key: String, value: JSONValue)]) -> [String] {
        ["", "[[\(name)]]"] + members.map { "\(self.key($0.key)) = \(value($0.value))" }
    }

    private static func members(_ rule: GateRuleSettings) -> [(key: String, value: JSONValue)] {
        let all: [(String, JSONValue?)] = [
            ("metric", .string(rule.metric.rawValue)), ("set", .string(rule.set.rawValue)),
            ("slice", rule.slice.map { .string($0) }), ("minimum_slice_rows", .integer(Int64(rule.minimumSliceRows))),
            ("min", rule.min.map { .number($0) }), ("max", rule.max.map { .number($0) }),
            ("max_regression", rule.maxRegression.map { .number($0) }),
            ("min_improvement", rule.minImprovement.map { .number($0) }), ("relative", .bool(rule.relative)),
        ]
        return all.compactMap { key, value in value.map { (key, $0) } }
    }

    private static func members(_ evaluator: EvaluatorSettings) -> [(key: String, value: JSONValue)] {
        [
            ("name", .string(evaluator.name)), ("command", .array(evaluator.command.map { .string($0) })),
            ("set", .string(evaluator.set.rawValue)), ("seconds", .number(evaluator.seconds)),
            ("writable", .array(evaluator.writable.map { .string($0) })),
        ]
    }

    /// The dimensions; as comments where nobody wrote them down.
    private static func search(_ experiment: ExperimentSettings) -> [String] {
        let mark = experiment.searchIsDefault ? "# " : ""
        return ["", "\(mark)[experiment.search]"]
            + experiment.search.map { "\(mark)\($0.name) = \(value($0.written))" }
    }

    // MARK: - TOML

    private static func value(_ value: JSONValue) -> String {
        switch value {
        case .null: "\"\""
        case .bool(let flag): String(flag)
        case .integer(let number): String(number)
        case .number(let number): RecipeValue.text(number)
        case .string(let text): quoted(text)
        case .array(let list): "[" + list.map(self.value).joined(separator: ", ") + "]"
        case .object(let members):
            "{ "
                + members.filter { $0.value != .null }.sorted { $0.key < $1.key }
                .map { "\(key($0.key)) = \(self.value($0.value))" }.joined(separator: ", ") + " }"
        }
    }

    private static func key(_ name: String) -> String {
        name.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil ? name : quoted(name)
    }

    /// A basic string: what TOML does not allow in one is escaped.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 32 || scalar.value == 127:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// One line, whatever the text holds.
    private static func comment(_ text: String) -> String {
        text.map { $0.isNewline ? " " : String($0) }.joined()
    }
}

extension SearchDimension {
    /// As it is written in the file, such as `{ log_uniform = [1e-5, 1e-2] }`.
    fileprivate var written: JSONValue {
        switch kind {
        case .choice(let values): .object(["choice": .array(values)])
        case .uniform(let low, let high): .object(["uniform": .array([.number(low), .number(high)])])
        case .logUniform(let low, let high): .object(["log_uniform": .array([.number(low), .number(high)])])
        case .int(let low, let high): .object(["int": .array([.integer(Int64(low)), .integer(Int64(high))])])
        }
    }
}
