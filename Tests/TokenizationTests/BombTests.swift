import Testing

@testable import Tokenization

/// Tokenizers that would take an hour or all memory are refused, with the place at fault.
struct BombTests {
    private func json(
        normalizer: String = "null", merges: String = "[]", added: String = "[]", split: String? = nil
    ) -> [UInt8] {
        let vocabulary = ByteAlphabet.scalars.enumerated().compactMap { index, scalar in
            Unicode.Scalar(scalar).map { "\(quoted(String($0))): \(index)" }
        }.joined(separator: ",")
        var cutting = "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"use_regex\": \(split == nil)}"
        if let split {
            let step = "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"\(split)\"}, \"behavior\": \"Isolated\"}"
            cutting = "{\"type\": \"Sequence\", \"pretokenizers\": [\(step), \(cutting)]}"
        }
        return Array(
            """
            {"normalizer": \(normalizer), "added_tokens": \(added), "pre_tokenizer": \(cutting),
             "model": {"type": "BPE", "vocab": {\(vocabulary)}, "merges": \(merges)}}
            """.utf8)
    }

    private func quoted(_ text: String) -> String { text == "\"" || text == "\\" ? "\"\\\(text)\"" : "\"\(text)\"" }

    /// Where the file is at fault; nil where it is read.
    private func place(_ bytes: [UInt8]) -> String? {
        do {
            _ = try Tokenizer(TokenizerDefinition(json: bytes))
            return nil
        } catch { return (error as? TokenizerFailure)?.location }
    }

    private func replacing(_ pattern: String, _ content: String) -> String {
        """
        {"type": "Replace", "pattern": {"String": "\(pattern)"}, "content": "\(content)"}
        """
    }

    private func sequence(_ steps: [String]) -> String {
        "{\"type\": \"Sequence\", \"normalizers\": [\(steps.joined(separator: ","))]}"
    }

    @Test func aTextCannotBeMultipliedTenTimesOver() {
        let ten = replacing("a", String(repeating: "a", count: 10))
        #expect(place(json(normalizer: sequence([ten]))) == nil)
        #expect(
            place(json(normalizer: sequence(Array(repeating: ten, count: 10)))) == "normalizer.normalizers[1]")
        #expect(place(json(normalizer: replacing("a", String(repeating: "b", count: 33)))) == "normalizer")
        // What published models do.
        let mark = replacing(" ", "▁")
        #expect(place(json(normalizer: sequence([mark, replacing("``", "\\\"")]))) == nil)
    }

    @Test func whatIsPutInFrontOrLookedForIsShort() {
        let long = String(repeating: "a", count: 1025)
        #expect(place(json(normalizer: "{\"type\": \"Prepend\", \"prepend\": \"\(long)\"}")) == "normalizer")
        #expect(place(json(normalizer: sequence([replacing(long, "")]))) == "normalizer")
        let token = String(repeating: "a", count: 4097)
        #expect(place(json(added: "[{\"id\": 256, \"content\": \"\(token)\"}]")) == "added_tokens[0]")
    }

    @Test func moreMergesThanAnyModelHasAreNotReadToTheirEnd() throws {
        // What follows the first merge too many is no JSON, and is not looked at.
        let merges = "[" + String(repeating: "\"a b\",", count: TokenizerBounds.merges + 1) + "garbage"
        let fault = try #require(place(json(merges: merges)))
        #expect(fault.hasPrefix("offset "), "\(fault)")
        var values = TokenizerDefinition.GGUFValues(model: "gpt2", pre: "gpt-2", tokens: ["a"])
        values.types = [1]
        values.merges = [String](repeating: "a b", count: TokenizerBounds.merges + 1)
        let definition = try TokenizerDefinition(gguf: values)
        let refusal = #expect(throws: TokenizerFailure.self) { try Tokenizer(definition) }
        #expect(refusal?.location == "merges[\(TokenizerBounds.merges)]", "\(String(describing: refusal))")
    }

    @Test func piecesThatCannotBeSplitInTimeAreRefused() throws {
        var values = TokenizerDefinition.GGUFValues(
            model: "llama", tokens: ["a", String(repeating: "a", count: 100_000)])
        values.types = [1, 1]
        values.scores = [0, -1]
        let definition = try TokenizerDefinition(gguf: values)
        let failure = #expect(throws: TokenizerFailure.self) { try Tokenizer(definition) }
        #expect(failure?.location == "tokens[1]", "\(String(describing: failure))")
    }

    /// Patterns of models are recognised, and none is ever tried.
    @Test func aPatternOfAModelIsNotTried() {
        #expect(place(json(split: "(a|aa|a)+$x")) == "pre_tokenizer")
        let replacing = "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"(a|aa|a)+$x\"}, \"content\": \"b\"}"
        #expect(place(json(normalizer: replacing)) == "normalizer")
    }
}
