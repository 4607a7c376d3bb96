import Foundation
import Testing
import TextFuzzing

@testable import Tokenization

/// Properties that hold for any tokenizer, and what is refused.
@Suite struct TokenizerTests {
    /// Byte-level BPE over the 256 bytes, some merges and a control token that merges could spell.
    static func bytes(merges: [String], extra: [String] = [], control: String? = nil) throws -> Tokenizer {
        var tokens = ByteAlphabet.scalars.compactMap { Unicode.Scalar($0).map { String($0) } } + extra
        var types = [Int32](repeating: 1, count: tokens.count)
        if let control {
            tokens.append(control)
            types.append(3)
        }
        var values = TokenizerDefinition.GGUFValues(model: "gpt2", pre: "gpt-2", tokens: tokens)
        values.types = types
        values.merges = merges
        return try Tokenizer(TokenizerDefinition(gguf: values))
    }

    @Test func mergesCannotSpellAControlToken() throws {
        let tokenizer = try Self.bytes(merges: ["< |", "<| >"], extra: ["<|"], control: "<|>")
        #expect(tokenizer.encode("<|>", special: .parse) == [257])
        #expect(tokenizer.encode("<|>") == [256, 62])
        #expect(!tokenizer.encode("<<|>>").contains(257))
    }

    @Test func theLowestRankGoesFirstAndOfEqualsTheLeftmost() throws {
        let tokenizer = try Self.bytes(merges: ["a a", "b c", "aa aa", "aa a"], extra: ["aa", "bc", "aaaa", "aaa"])
        #expect(tokenizer.encode("aaa") == [259])
        #expect(tokenizer.encode("aaaaa") == [258, 97])
        #expect(tokenizer.encode("abc") == [97, 257])
    }

    @Test func longWordsMergeAsShortOnesDo() throws {
        let tokenizer = try Self.bytes(merges: ["a b", "b a", "ab ab", "aba b"], extra: ["ab", "ba", "abab", "aba"])
        for count in [39, 40, 41, 42, 83, 500] {
            let text = String(repeating: "ab", count: count)
            let ids = tokenizer.encode(text)
            #expect(tokenizer.decode(ids) == text)
            #expect(ids.count == (count + 1) / 2)
        }
    }

    /// Merging that looked at all pairs again after each merge would take hours for it.
    @Test func aLongRunIsEncoded() throws {
        let tokenizer = try TestModels.smol()
        let text = String(repeating: "a", count: 1 << 20)
        #expect(tokenizer.decode(tokenizer.encode(text)) == text)
    }

    @Test func manyThreadsGiveTheSameIds() async throws {
        let tokenizer = try TestModels.smol()
        let texts = (0..<200).map { "Line \($0): the quick brown fox, naïve café № \($0 * 7) 🙂\n" }
        let expected = texts.map { tokenizer.encode($0) }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { texts.map { tokenizer.encode($0) } == expected } }
            for await same in group { #expect(same) }
        }
    }

    @Test func theCacheForgetsWithoutChangingAnything() throws {
        let tokenizer = try TestModels.smol()
        let first = tokenizer.encode("remember this")
        for index in 0..<60_000 {
            _ = tokenizer.encode("w\(String(index, radix: 36)) x\(String(index * 7919, radix: 26))")
        }
        #expect(tokenizer.encode("remember this") == first)
    }

    @Test(arguments: [
        ("model", "bert", "not supported"), ("pre", "unheard-of", "not supported"), ("merges", "a", "not two pieces"),
        ("merges", "a \u{4E2D}", "not in the vocabulary"),
    ])
    func whatIsNotSupportedIsNamed(key: String, value: String, problem: String) {
        var values = TokenizerDefinition.GGUFValues(
            model: key == "model" ? value : "gpt2", pre: key == "pre" ? value : "gpt-2", tokens: ["a", "b", "ab"])
        values.merges = [key == "merges" ? value : "a b"]
        #expect {
            try Tokenizer(TokenizerDefinition(gguf: values))
        } throws: {
            guard let failure = $0 as? TokenizerFailure else { return false }
            return failure.location.contains(key) && failure.problem.contains(problem)
                && failure.problem.contains(value.suffix(1))
                && !failure.remedy.isEmpty
        }
    }

    @Test(arguments: [
        "", "{", "[]", "{}", "{\"model\": {\"vocab\": {\"a\": 1e99}}}", "{\"model\": {\"vocab\": {\"a\": 3000000}}}",
        "{\"model\": {\"type\": \"Unigram\", \"vocab\": {\"a\": 0}}}",
        "{\"model\": {\"vocab\": {\"a\": 0}, \"merges\": [[\"a\"]]}}",
        "{\"model\": {\"vocab\": {\"a\": 0}, \"merges\": []}, \"pre_tokenizer\": {\"type\": \"Whitespace\"}}",
        "{\"model\": {\"vocab\": {\"\\ud800\": 0}, \"merges\": [\"\\u12",
        "{\"added_tokens\": [{\"id\": -1, \"content\": \"x\"}], \"model\": {\"vocab\": {\"a\": 0}}}",
    ])
    func brokenFilesAreRefusedWithAPlace(json: String) {
        #expect {
            try Tokenizer(TokenizerDefinition(json: Array(json.utf8), source: "t.json"))
        } throws: {
            guard let failure = $0 as? TokenizerFailure else { return false }
            return failure.source == "t.json" && !failure.location.isEmpty && !failure.remedy.isEmpty
        }
    }

    @Test func hostileMetadataIsRefusedOrServed() {
        var state: UInt64 = 42
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = [
            "", "a", "b", "ab", "▁", "▁a", " ", "  ", "<0x41>", "<0xZZ>", "é", "e\u{301}", "<s>", "\u{0}", "Ġ", "Ġa",
            "🙂", "aaaa",
        ]
        let numbers: [Float] = [0, -1, 1, .infinity, -.infinity, .nan, 3e38, -1000]
        for _ in 0..<3000 {
            let count = random(12)
            var values = TokenizerDefinition.GGUFValues(
                model: ["gpt2", "llama", "gemma4", ""][random(4)],
                pre: ["gpt-2", "llama-bpe", "qwen2", "smollm", nil][random(5)],
                tokens: (0..<count).map { _ in pieces[random(pieces.count)] })
            if random(8) > 0 {
                values.scores = (0..<(random(9) > 0 ? count : random(20))).map { _ in
                    numbers[random(random(3) == 0 ? 8 : 3)]
                }
            }
            if random(4) > 0 {
                values.types = (0..<(random(9) > 0 ? count : random(20))).map { _ in
                    Int32(random(random(9) == 0 ? 9 : 5) - 1)
                }
            }
            if random(4) > 0 {
                values.merges = (0..<random(6)).map { _ in
                    pieces[random(pieces.count)] + " " + pieces[random(pieces.count)]
                }
            }
            values.bos = random(3) == 0 ? Int32(random(16) - 2) : nil
            values.unknown = random(2) == 0 ? Int32(random(13)) : nil
            values.addSpacePrefix = random(2) == 0
            values.addBOS = random(2) == 0
            guard let definition = try? TokenizerDefinition(gguf: values), let tokenizer = try? Tokenizer(definition)
            else { continue }
            for text in ["", "ab aab  b<s>é", "e\u{301}🙂\u{0}<0x41>", String(repeating: "a", count: 100)] {
                _ = tokenizer.decode(tokenizer.encode(text, special: .parse, addsSpecialTokens: true))
            }
            _ = definition.tokenizerJSON()
        }
    }

    @Test func deepNestingIsRefusedRatherThanFollowed() {
        let json = "{\"x\": " + String(repeating: "[", count: 100_000)
        #expect(throws: TokenizerFailure.self) { try TokenizerDefinition(json: Array(json.utf8)) }
    }

    @Test func idsOutsideTheVocabularyDecodeToNothing() throws {
        let tokenizer = try TestModels.smol()
        #expect(tokenizer.decode([-1, 49_152, .max, .min, 504]) == "The")
        #expect(tokenizer.bytes(of: -5).isEmpty)
        #expect(tokenizer.kind(of: 49_152) == nil)
    }
}

/// Changed files: whatever comes, a tokenizer or a described failure.
@Suite struct ChangedTokenizerTests {
    @Test func changedFilesNeverTrap() throws {
        let corpus = try FixtureTests.names.map {
            Array(try Data(contentsOf: TestModels.fixture("tokenization/\($0)/tokenizer.json")))
        }
        let count = ProcessInfo.processInfo.environment["FUZZ_COUNT"].flatMap(Int.init) ?? 4000
        #expect(TextFuzzer.run(.tokenizer, count: count, seed: 11, corpus: corpus) > count / 50)
    }
}
