import EvaluationMetrics
import Nouns

/// One question of a golden set, and what its answer must fulfil.
package struct GoldenRow: Sendable {
    /// The question; its reference answer is empty where only assertions are given.
    package var row: Row
    package var assertions: [Assertion]
    /// Whether a model that fails the row is never served; else the row only counts.
    package var isRequired: Bool
    /// The row's own name, or its file and line.
    package var name: String

    /// The field of ``Row/fields`` that carries the assertions through a worker, so that records say by themselves what
    /// was asked.
    package static let assertionsField = "assert"
    package static let requiredField = "required"
    package static let nameField = "name"

    /// The conversation that a model is asked to continue.
    package var question: [Message] {
        switch row.content {
        case .completion(let prompt, _): [Message(role: "user", content: prompt)]
        case .chat(let messages, _): Array(messages.dropLast())
        case .text, .preference: []
        }
    }

    /// Bytes of the wanted answer, 0 where none is given: no answer needs more tokens.
    package var wantedBytes: Int {
        switch row.content {
        case .completion(_, let completion): completion.utf8.count
        case .chat(let messages, _): messages.last?.content.utf8.count ?? 0
        case .text, .preference: 0
        }
    }

    /// Every way in which an answer fails; empty where it passes.
    package func objections(to answer: String) -> [String] { assertions.compactMap { $0.objection(to: answer) } }

    /// The assertions that a record's fields carry; nil where they are no golden row's.
    package static func assertions(of record: ExampleRecord) -> [Assertion]? {
        guard let list = record.fields?[assertionsField]?.arrayValue else { return nil }
        let assertions = list.compactMap { try? Assertion($0) }
        return assertions.count == list.count ? assertions : nil
    }

    /// Whether the record is of a row that must pass.
    package static func isRequired(_ record: ExampleRecord) -> Bool { record.fields?[requiredField] != .bool(false) }

    /// What to call the record's row.
    package static func name(of record: ExampleRecord) -> String {
        record.fields?[nameField]?.stringValue ?? record.row.rawValue
    }
}
