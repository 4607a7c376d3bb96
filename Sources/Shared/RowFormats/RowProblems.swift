import Nouns

/// Everything wrong with one row.
package struct RowProblems: Error, Sendable {
    package private(set) var list: [RowProblem] = []
    /// Whether the row must be left out.
    package var hasErrors: Bool { list.contains { $0.severity == .error } }

    package init() {}

    package init(_ line: Int, _ code: ProblemCode, _ message: String, _ fix: String, _ pointer: String = "") {
        add(line, code, message, fix, pointer)
    }

    package mutating func add(
        _ line: Int, _ code: ProblemCode, _ message: String, _ fix: String, _ pointer: String = ""
    ) {
        list.append(
            RowProblem(
                line: line, pointer: pointer, code: code.rawValue, severity: code.severity, message: message, fix: fix))
    }
}
