import Foundation
import Platform
import Tensors
import TestSupport
import Testing
import Tokenization
import Transformers
import WeightFiles

@testable import Exporting

/// What is written of each family stays as it is, byte by byte: names, order, rows, configuration.
@Suite struct ExportBytesTests {
    /// A tiny model of a family with an adapter that changes every projection.
    private func model(_ kind: String) throws -> (Model, Adapter) {
        var model = try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/\(kind)")))
        if kind.hasPrefix("gemma3") {
            // As llama.cpp knows it.
            model.configuration.slides = [Bool](repeating: true, count: model.configuration.layers)
            model.configuration.scoreScale = 1 / Float(model.configuration.headSize).squareRoot()
        }
        let adapter = try Adapter(AdapterLayout(rank: 2, scale: 1, targets: Projection.allCases), for: model)
        for index in 0..<adapter.count { adapter.values.pointer[index] = Float((index * 7) % 13 - 6) / 16 }
        return (model, adapter)
    }

    @Test func exportsHaveTheBytesThatTheyHad() throws {
        let folder = NSTemporaryDirectory() + "/bytes-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let kinds = try FileManager.default.contentsOfDirectory(atPath: TestSupport.fixture("families")).sorted()
            .filter { !$0.hasSuffix(".json") }
        var lines: [String] = []
        for kind in kinds {
            let (model, adapter) = try model(kind)
            let own = folder + "/" + kind
            try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
            do {
                for (type, name) in [(StorageType.f16, "f16.gguf"), (.q8_0, "q8_0.gguf")] {
                    try GGUFExport.write(
                        model, base: .other(GGUFOfFolderTests.tokenizer, name: kind, path: kind), adapter: adapter,
                        type: type, to: own + "/" + name)
                }
                let back = try GGUFFile(path: own + "/f16.gguf")
                try HuggingFaceExport.write(Model(gguf: back), base: .gguf(back), adapter: nil, to: own + "/of-gguf")
            } catch let failure as ExportFailure {
                lines.append("\(kind)/of-gguf \(failure.problem)")
            }
            let source = try HuggingFaceFolder(path: TestSupport.fixture("families/\(kind)"))
            try HuggingFaceExport.write(model, base: .folder(source), adapter: adapter, to: own + "/of-folder")
            try AdapterFolder.write(adapter, of: model, base: kind, to: own + "/peft")
            for name in try FileManager.default.subpathsOfDirectory(atPath: own).sorted()
            where name.hasSuffix(".gguf") || name.hasSuffix("config.json") || name.hasSuffix("model.safetensors") {
                lines.append("\(kind)/\(name) \(try Digest.sha256(file: own + "/" + name).prefix(16))")
            }
        }
        let difference = try Golden("ExportingTests/Golden").difference(
            "exports", input: kinds.joined(separator: " "), output: lines.joined(separator: "\n") + "\n")
        #expect(difference == nil, "\(difference ?? "")")
    }
}
