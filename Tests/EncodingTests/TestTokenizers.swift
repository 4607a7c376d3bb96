import ChatTemplates
import Foundation
import ModelLoading

@testable import Encoding

/// Encoders of the real models that tests read.
enum TestTokenizers {
    struct Absent: Error, CustomStringConvertible {
        var description: String
    }

    private static func make(_ file: String) throws -> ExampleEncoder {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["FINETUNED_TEST_MODELS"].map { URL(filePath: $0) }
            ?? root.appending(path: "models")
        let url = folder.appending(path: file)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw Absent(description: "\(url.path) is absent; run tools/fetch-models.sh or set FINETUNED_TEST_MODELS")
        }
        let file = try TokenizerFile(path: url.path)
        return ExampleEncoder(tokenizer: file.tokenizer, template: file.template, now: 0)
    }

    private static let smollm2 = Result { try make("SmolLM2-135M-Instruct.Q4_1.gguf") }
    private static let gemma3 = Result { try make("gemma3-270m.gguf") }

    static func encoder(_ name: String) throws -> ExampleEncoder { try (name == "smollm2" ? smollm2 : gemma3).get() }
}
