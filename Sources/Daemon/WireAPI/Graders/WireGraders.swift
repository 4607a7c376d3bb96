import ControlProtocol
import Graders
import Nouns

/// The graders that gates have, tried out in OpenAI's words.
package struct WireGraders: Sendable {
    /// Throws a Failure that names the member at fault.
    package func validate(_ body: GraderBody) throws -> ValidGrader {
        _ = try grader(body.grader)
        return ValidGrader(body.grader)
    }

    /// Judges an answer. Throws a Failure that names the member at fault.
    package func run(_ body: GraderRunBody) throws -> GraderVerdict {
        let grader = try grader(body.grader)
        let record = ExampleRecord(
            row: "item", set: .gate, lossSum: 0, tokens: 0, correctTokens: 0, bytes: 0, promptTokens: 0, prompt: "",
            reference: "", output: body.sample, fields: body.item)
        let start = ContinuousClock.now
        var errors = GraderErrors()
        let lack = grader.lack(record)
        let (score, parts) = grader.graded(record)
        switch lack {
        case .field: errors.invalid_variable_error = true
        case .member: errors.sample_parse_error = true
        case .length: errors.other_error = true
        case nil: errors.other_error = score == nil
        }
        return GraderVerdict(
            lack == nil ? score : nil, parts: parts, name: body.grader["name"]?.stringValue ?? "grader",
            type: body.grader["type"]?.stringValue ?? "", seconds: start.duration(to: .now) / .seconds(1),
            errors: errors)
    }

    /// The grader; what is wrong with it is named as a member of the request's body.
    private func grader(_ value: JSONValue) throws -> Grader {
        do { return try Grader(value) } catch let failure as Failure {
            var named = failure
            named.code = "request.grader"
            let path = failure.place.flatMap { $0.hasPrefix("/") ? $0.replacing("/", with: ".") : nil }
            named.place = "grader" + (path ?? "")
            throw named
        }
    }
}
