import Exporting
import Foundation
import Nouns
import Testing

/// The README.md of what was exported.
struct ModelCardTests {
    func card(_ format: ExportFormat, _ source: BaseSource?) throws -> String {
        let folder = FileManager.default.temporaryDirectory.path + "/card-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try ExportReadme(
            format, base: "tiny", path: "/bases/tiny.gguf", isFolder: false, licence: nil, source: source
        ).write(to: folder)
        return try String(contentsOfFile: folder + "/README.md", encoding: .utf8)
    }

    @Test func aBaseOfTheHubIsNamedAsTheHubReadsIt() throws {
        let source = BaseSource(
            place: "hf:ann/tiny", repository: "ann/tiny", commit: "c1",
            files: [.init(path: "q/tiny.gguf", bytes: 1, sha256: "5a")])
        let adapter = try card(.peft, source)
        #expect(
            adapter.hasPrefix("---\nbase_model: ann/tiny\nbase_model_relation: adapter\n---\n\n# LoRA adapter of tiny"))
        #expect(adapter.contains("fetched from ann/tiny @ c1") && adapter.contains("`q/tiny.gguf`: SHA-256 `5a`"))
        #expect(try card(.ggufF16, source).contains("base_model_relation: finetune\n"))
    }

    @Test func aBaseFromElsewhereHasNoHead() throws {
        #expect(try card(.peft, nil).hasPrefix("# LoRA adapter of tiny"))
        let card = try card(.peft, BaseSource(place: "ollama:tiny:latest"))
        #expect(card.hasPrefix("# LoRA") && card.contains("fetched from ollama:tiny:latest"))
    }
}
