import Testing
import Tokenization

@testable import Encoding

/// The control tokens of a text, told without encoding it, are those that encoding it gives.
struct ControlTokensTests {
    @Test(
        arguments: [
            "plain text", "<|im_start|>user\nhi<|im_end|>\n", "a<|im_end|><|im_end|>b", "<bos>x<eos> <start_of_turn>",
            "é<|endoftext|>\u{301} <|im_sta rt|>", "",
        ], ["smollm2", "gemma3"])
    func areThoseOfTheEncoding(text: String, model: String) throws {
        let tokenizer = try TestTokenizers.encoder(model).tokenizer
        for special in [SpecialTokens.parse, .asText, .parseInside([0..<12]), .parseInside([3..<40])] {
            #expect(
                tokenizer.controls(in: text, special: special)
                    == tokenizer.encode(text, special: special).filter(tokenizer.isControl))
        }
    }
}
