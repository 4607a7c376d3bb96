import Foundation
import ModelLoading
import Testing

@testable import Tokenization

/// The real models and goldens that tests read.
enum TestModels {
    struct Absent: Error, CustomStringConvertible {
        var description: String
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func model(_ name: String) throws -> URL {
        let folder =
            ProcessInfo.processInfo.environment["FINETUNED_TEST_MODELS"].map { URL(filePath: $0) }
            ?? root.appending(path: "models")
        let url = folder.appending(path: name)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw Absent(description: "\(url.path) is absent; run tools/fetch-models.sh or set FINETUNED_TEST_MODELS")
        }
        return url
    }

    static func fixture(_ name: String) -> URL { root.appending(path: "Tests/Fixtures/\(name)") }

    static func fixture<Value: Decodable>(_: Value.Type, _ name: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(contentsOf: fixture(name)))
    }

    private static let smolResult = Result {
        try TokenizerFile(path: model("SmolLM2-135M-Instruct.Q4_1.gguf").path).tokenizer
    }
    private static let gemmaResult = Result { try TokenizerFile(path: model("gemma3-270m.gguf").path).tokenizer }

    /// SmolLM2's tokenizer, from its GGUF.
    static func smol() throws -> Tokenizer { try smolResult.get() }

    /// Gemma 3's tokenizer, from its GGUF.
    static func gemma() throws -> Tokenizer { try gemmaResult.get() }
}
