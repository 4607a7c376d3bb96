import Foundation
import Nouns
import TestSupport
import Testing
import Transformers

@testable import ModelLoading

/// Rows with a preferred and a rejected answer as tokens.
struct PairEncodingTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private static let template = """
        {% if tools %}[tools{% for t in tools %} {{ t.name }}{% endfor %}]{% endif %}{% for m in messages %}\
        <{{ m.role }}>{{ m.content }}\
        {% if m.role == 'assistant' %}!{% endif %}
        {% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}
        """

    private func encoder(context: Int = 4096) throws -> RowEncoder {
        let path = sandbox.root + "/\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: TestSupport.fixture("tokenization/llama3"), toPath: path)
        try Self.template.write(toFile: path + "/chat_template.jinja", atomically: false, encoding: .utf8)
        return RowEncoder(try TokenizerFile(path: path), context: context)
    }

    private func row(_ chosen: String, _ rejected: String, tools: JSONValue? = nil, line: Int = 1) -> Row {
        func answer(_ text: String) -> [Message] { [Message(role: "assistant", content: text)] }
        return Row(
            id: RowID("r\(line)"),
            content: .preference(
                prompt: [Message(role: "user", content: "Which colour has the sky?")], chosen: answer(chosen),
                rejected: answer(rejected)), split: .train, promptKey: "k", fields: tools.map { ["tools": $0] },
            drop: "d-1", line: line)
    }

    private func set(_ rows: [Row], length: Int, cut: Bool, pairs: Bool = true) throws -> (
        examples: [TrainingExample], figures: [String: Double], warnings: [String]
    ) {
        let path = sandbox.root + "/rows-\(UUID().uuidString).jsonl"
        let lines = try rows.map { String(decoding: try ContractCoding.encode($0), as: UTF8.self) + "\n" }
        try lines.joined().write(toFile: path, atomically: false, encoding: .utf8)
        var warnings: [String] = []
        let observer = WorkObserver(
            stage: { _ in }, progress: { _, _, _ in },
            warn: { problem, place in warnings.append("\(place): \(problem)") },
            interruption: {})
        var encoder = SetEncoder(try encoder(), observer: observer)
        let examples = try encoder.encode(
            [FileReference(path: path, sha256: "", bytes: 0)], maximumLength: length, cut: cut, pairs: pairs,
            what: "training")
        return (examples, encoder.figures, warnings)
    }

    @Test func bothAnswersAreLabelledFromTheGenerationPromptToTheTemplatesEnd() throws {
        let encoder = try encoder()
        let row = row("Blue.", "Green, of course.")
        let chosen = try encoder.example(row, maximumLength: 512)
        let rejected = try #require(try encoder.rejected(row, maximumLength: 512))
        let prompt = try #require(try encoder.prompt(row))
        for (example, answer) in [(chosen, "Blue.!"), (rejected, "Green, of course.!")] {
            #expect(Array(example.ids.prefix(prompt.count)) == prompt)
            let labelled = zip(example.ids, example.labels).filter(\.1).map(\.0)
            #expect(labelled == Array(example.ids.dropFirst(prompt.count)))
            #expect(encoder.tokenizer.decode(labelled) == answer)
        }
        let chat = Row(
            id: "c", content: .chat(messages: [Message(role: "assistant", content: "x")], tools: nil), split: .train,
            promptKey: "k", drop: "d-1", line: 1)
        #expect(try encoder.rejected(chat, maximumLength: 512) == nil)
    }

    @Test func toolsReachTheTemplate() throws {
        let encoder = try encoder()
        let row = row("Blue.", "Green.", tools: [["name": "search"], ["name": "book"]])
        #expect(
            encoder.tokenizer.decode(try encoder.example(row, maximumLength: 512).ids).contains("[tools search book]"))
        #expect(
            encoder.tokenizer.decode(try #require(try encoder.rejected(row, maximumLength: 512)).ids)
                .contains("[tools search book]"))
        #expect(encoder.tokenizer.decode(try #require(try encoder.prompt(row))).contains("[tools search book]"))
    }

    /// An answer that does not fit leaves the pair out, or is cut at its end; a prompt that alone fills the length, or
    /// answers that are the same as far as they fit, leave it out in any case.
    @Test func whatDoesNotFitIsCutOrLeftOutAndCounted() throws {
        let encoder = try encoder()
        let prompt = try #require(try encoder.prompt(row("", ""))).count
        let long = String(repeating: "green and blue ", count: 20)
        let rows = [
            row("Blue.", "Red.", line: 1), row("Blue.", long, line: 2), row(long, "Red.", line: 3),
            row(long + "x", long + "y", line: 4),
        ]
        let whole = try set(rows, length: prompt + 8, cut: false)
        #expect(whole.examples.count == 1 && whole.warnings.count == 3)
        #expect(whole.figures["training_rows"] == 1 && whole.figures["training_rows_skipped"] == 3)
        #expect(whole.figures["training_pairs"] == 1)
        let cut = try set(rows, length: prompt + 8, cut: true)
        #expect(cut.examples.count == 3 && cut.figures["training_rows_truncated"] == 2)
        #expect(
            cut.warnings.count == 1 && cut.warnings[0].contains("line 4") && cut.warnings[0].contains("same tokens"))
        let rejected = try #require(cut.examples[1].pair?.rejected)
        #expect(rejected.ids.count == prompt + 8 && rejected.labels == 8)
        #expect(throws: Failure.self) { try set(rows, length: prompt, cut: true) }
        // As completions the preferred answers alone count.
        let completions = try set(rows, length: prompt + 8, cut: false, pairs: false)
        #expect(completions.examples.count == 2 && completions.figures["training_pairs"] == nil)
        #expect(completions.examples.allSatisfy { $0.pair == nil })
    }
}
