import Foundation
import ModelLoading
import Testing

@testable import Tokenization

/// One small tokenizer of each kind, with ids and texts from the `tokenizers` library
/// (tools/make-tokenizer-fixtures.py).
@Suite struct FixtureTests {
    struct Row: Decodable {
        var text: String
        var ids: [Int32]
        var parsed: [Int32]
        var decoded: String
    }

    static let names = [
        "gpt2", "gpt2-prefix", "smollm", "llama3", "qwen2", "llama2", "llama2-metaspace", "gemma", "phi3",
        "qwen35",
    ]

    @Test(arguments: names)
    func idsAndTextsEqualTheLibrarys(name: String) throws {
        let tokenizer = try TokenizerFile(path: TestModels.fixture("tokenization/\(name)").path).tokenizer
        let rows = try TestModels.fixture([Row].self, "tokenization/\(name).json")
        #expect(rows.count > 100)
        for row in rows {
            #expect(tokenizer.encode(row.text) == row.ids, "\(row.text.debugDescription)")
            #expect(
                tokenizer.encode(row.text, special: .parse, addsSpecialTokens: true) == row.parsed,
                "\(row.text.debugDescription)")
            #expect(tokenizer.decode(row.ids).utf8.elementsEqual(row.decoded.utf8), "\(row.text.debugDescription)")
            var decoder = StreamingDecoder(tokenizer)
            let streamed = row.ids.map { decoder.push($0) }.joined() + decoder.finish()
            #expect(streamed.utf8.elementsEqual(row.decoded.utf8))
        }
    }

    @Test(arguments: names)
    func whatIsWrittenReadsBackTheSame(name: String) throws {
        let file = try TokenizerFile(path: TestModels.fixture("tokenization/\(name)").path)
        let again = try Tokenizer(
            TokenizerDefinition(
                json: file.definition.tokenizerJSON(),
                files: .init(config: file.definition.tokenizerConfigJSON(contextLength: 100))))
        #expect(
            (again.bos, again.eos, again.unknown) == (file.tokenizer.bos, file.tokenizer.eos, file.tokenizer.unknown))
        for row in try TestModels.fixture([Row].self, "tokenization/\(name).json") {
            #expect(again.encode(row.text) == row.ids)
            #expect(again.encode(row.text, special: .parse, addsSpecialTokens: true) == row.parsed)
        }
    }

    /// llama.cpp has Gemma 4's pieces with the merges of `tokenizer.json` rather than with scores.
    @Test func gemma4OfAGGUFReadsTheSame() throws {
        let definition = try TokenizerFile(path: TestModels.fixture("tokenization/gemma").path).definition
        var values = TokenizerDefinition.GGUFValues(model: "gemma4", tokens: definition.tokens)
        #expect(throws: TokenizerFailure.self) { try TokenizerDefinition(gguf: values) }
        guard case .pairs(let pairs) = definition.merges else {
            Issue.record("the fixture has no merges")
            return
        }
        values.merges = pairs.map { $0.left + " " + $0.right }
        values.types = definition.kinds.map { Int32($0.rawValue) }
        (values.bos, values.eos, values.unknown) = (definition.bos, definition.eos, definition.unknown)
        let tokenizer = try Tokenizer(TokenizerDefinition(gguf: values))
        for row in try TestModels.fixture([Row].self, "tokenization/gemma.json") {
            #expect(tokenizer.encode(row.text) == row.ids, "\(row.text.debugDescription)")
            #expect(tokenizer.decode(row.ids).utf8.elementsEqual(row.decoded.utf8), "\(row.text.debugDescription)")
        }
    }

    @Test(arguments: names)
    func bytesOfTokensMakeTheText(name: String) throws {
        let tokenizer = try TokenizerFile(path: TestModels.fixture("tokenization/\(name)").path).tokenizer
        let lengths = tokenizer.bytesPerToken()
        #expect(lengths.count == tokenizer.vocabularySize)
        let text = "Some plain text, of two lines.\nAnd 12 numbers: ½ 日本語 🙂"
        let total = tokenizer.encode(text).reduce(0) { $0 + Int(lengths[Int($1)]) }
        // A prefix space is one byte more than the text has.
        #expect(
            total - text.utf8.count == (["gpt2-prefix", "llama2", "llama2-metaspace", "phi3"].contains(name) ? 1 : 0))
    }
}
