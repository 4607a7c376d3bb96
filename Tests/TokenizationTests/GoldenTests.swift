import Testing

@testable import Tokenization

/// Token ids of the reference goldens, made with transformers and equal to llama.cpp's.
@Suite struct GoldenTests {
    struct Golden: Decodable {
        struct Row: Decodable {
            var text: String
            var ids: [Int32]
        }
        var tokenize: [Row]
        var bosDefault: [Int32]

        enum CodingKeys: String, CodingKey {
            case tokenize
            case bosDefault = "tokenize_bos_default"
        }
    }

    @Test(arguments: ["smollm2", "gemma3"])
    func idsEqualTheGoldens(name: String) throws {
        let golden = try TestModels.fixture(Golden.self, "goldens/\(name).json")
        let tokenizer = try name == "smollm2" ? TestModels.smol() : TestModels.gemma()
        #expect(golden.tokenize.count > 5)
        for row in golden.tokenize {
            #expect(tokenizer.encode(row.text, special: .parse) == row.ids, "\(row.text)")
            #expect(tokenizer.decode(row.ids) == row.text)
        }
        #expect(tokenizer.encode(golden.tokenize[0].text, addsSpecialTokens: true) == golden.bosDefault)
    }

    @Test(arguments: ["smollm2", "gemma3"])
    func streamingGivesTheSameText(name: String) throws {
        let golden = try TestModels.fixture(Golden.self, "goldens/\(name).json")
        let tokenizer = try name == "smollm2" ? TestModels.smol() : TestModels.gemma()
        for row in golden.tokenize {
            var decoder = StreamingDecoder(tokenizer)
            let pieces = row.ids.map { decoder.push($0) }
            #expect(pieces.joined() + decoder.finish() == row.text)
            #expect(!pieces.contains { $0.contains("\u{FFFD}") })
        }
    }

    @Test func controlTokensAreTextUnlessAsked() throws {
        let tokenizer = try TestModels.smol()
        let text = "<|im_start|>user"
        #expect(tokenizer.encode(text, special: .parse).first == 1)
        let asText = tokenizer.encode(text)
        #expect(!asText.contains { tokenizer.isControl($0) })
        #expect(tokenizer.decode(asText) == text)
        let both = tokenizer.encode(text + text, special: .parseInside([0..<16]))
        #expect(both.filter { $0 == 1 }.count == 1)
        #expect(both.first == 1)
        #expect(!tokenizer.encode(text, special: .parseInside([1..<16])).contains(1))
    }
}
