import Nouns

/// A grader that is to be checked.
package struct GraderBody: WireBody {
    package var grader: JSONValue

    package init(_ body: WireObject) throws { grader = try body.requiredAny("grader", as: .table) }
}

/// A grader that is to judge an answer.
package struct GraderRunBody: WireBody {
    package var grader: JSONValue
    /// The answer.
    package var sample: String
    /// The row's own fields.
    package var item: [String: JSONValue]

    package init(_ body: WireObject) throws {
        grader = try body.requiredAny("grader", as: .table)
        sample = try body.requiredText("model_sample")
        item = try body.object("item")?.members ?? [:]
    }
}
