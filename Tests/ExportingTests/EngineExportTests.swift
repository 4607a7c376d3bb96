import Foundation
import ModelLoading
import Nouns
import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

@testable import Exporting

/// Models that only engines compute with are described, inspected and written by the names of their tensors.
struct EngineExportTests {
    let sandbox: Sandbox
    let base: String
    static let module = "gpt_neox.layers.0.attention.dense"

    init() throws {
        sandbox = try Sandbox()
        base = sandbox.root + "/base"
        try FileManager.default.copyItem(atPath: TestSupport.fixture("tokenization/llama3"), toPath: base)
        let size = try TokenizerFile(path: base).tokenizer.vocabularySize
        let config = """
            {"model_type": "gpt_neox", "vocab_size": \(size), "hidden_size": 4, "num_hidden_layers": 1, \
            "max_position_embeddings": 64}
            """
        try config.write(toFile: base + "/config.json", atomically: false, encoding: .utf8)
        try SafetensorsWriter.write(
            [
                TensorSource(name: "gpt_neox.embed_in.weight", shape: [size, 4], values: Self.numbers(size * 4)),
                TensorSource(name: Self.module + ".weight", shape: [3, 4], values: Self.numbers(12)),
                TensorSource(name: Self.module + ".bias", shape: [3], values: Self.numbers(3)),
            ], to: base + "/model.safetensors")
    }

    private static func numbers(_ count: Int, from first: Int = 0) -> [Float] {
        (0..<count).map { Float((($0 + first) * 37) % 101 - 50) / 64 }
    }

    /// A PEFT folder with factors of one layer.
    private func adapter(_ name: String, rank: Int, alpha: Double, module: String = Self.module, extra: String = "")
        throws -> AdapterReference
    {
        let path = sandbox.root + "/" + name
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let config = """
            {"peft_type": "LORA", "r": \(rank), "lora_alpha": \(alpha), "use_rslora": false, \
            "target_modules": ["dense"], "layers_to_transform": null\(extra)}
            """
        try config.write(toFile: path + "/adapter_config.json", atomically: false, encoding: .utf8)
        let stem = "base_model.model." + module
        try SafetensorsWriter.write(
            [
                TensorSource(
                    name: stem + ".lora_A.weight", shape: [rank, 4], values: Self.numbers(rank * 4, from: rank)),
                TensorSource(
                    name: stem + ".lora_B.weight", shape: [3, rank], values: Self.numbers(3 * rank, from: 7 * rank)),
            ], to: path + "/adapter_model.safetensors")
        return AdapterReference(path: path, sha256: "")
    }

    private func model(_ adapters: [AdapterReference]) throws -> EngineModel {
        try EngineModel(
            ModelReference(basePath: base, base: "neox", baseDigest: "", adapters: adapters), interruption: {})
    }

    /// W + scale · B · A, summed in double.
    private func product(_ adapters: [(rank: Int, alpha: Double)]) -> [Double] {
        (0..<12).map { place in
            let (row, column) = (place / 4, place % 4)
            return adapters.reduce(Double(Self.numbers(12)[place])) { sum, part in
                let a = Self.numbers(part.rank * 4, from: part.rank)
                let b = Self.numbers(3 * part.rank, from: 7 * part.rank)
                let product = (0..<part.rank).reduce(0.0) {
                    $0 + Double(b[row * part.rank + $1]) * Double(a[$1 * 4 + column])
                }
                return sum + part.alpha / Double(part.rank) * product
            }
        }
    }

    private func written(_ folder: String, _ name: String) throws -> [Float] {
        let matrix = WeightMatrix(try #require(HuggingFaceFolder(path: folder).tensors[name]))
        var numbers = [Float](repeating: 0, count: matrix.out * matrix.in)
        numbers.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            for row in 0..<matrix.out { matrix.row(row, into: start + row * matrix.in) }
        }
        return numbers
    }

    @Test func onlyWhatTheWorkerDoesNotRunIsOne() throws {
        #expect(EngineBase.kind(of: base) == "gpt_neox")
        #expect(EngineBase.kind(of: try TestSupport.model()) == nil && EngineBase.kind(of: "/nowhere") == nil)
        let base = try EngineBase(path: self.base)
        #expect((base.layers, base.width, base.context) == (1, 4, 64) && !base.isContextChosen)
        #expect(base.parameters == base.vocabulary * 4 + 15 && base.quantisation == ["F32": 3])
        #expect(try base.nonFinite(interruption: {}).count == 0)
    }

    @Test func mergedWeightsAreTheSumOfAllProducts() throws {
        let adapters = [try adapter("one", rank: 2, alpha: 4), try adapter("two", rank: 3, alpha: 1)]
        let model = try model(adapters)
        let export = EngineExport(model, type: .f32, interruption: {})
        let folder = sandbox.root + "/merged"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try export.writeMerged(template: nil, to: folder)
        let figures = try export.verified(at: folder, isAdapter: false, isTrained: true)
        #expect(figures["changed_tensors"] == 1 && figures["largest_weight_difference"] == 0)
        let wanted = product([(2, 4), (3, 1)])
        for (found, right) in zip(try written(folder, Self.module + ".weight"), wanted) {
            #expect(abs(Double(found) - right) < 1e-5)
        }
        #expect(try written(folder, Self.module + ".bias") == Self.numbers(3))
        #expect(FileManager.default.fileExists(atPath: folder + "/tokenizer.json"))
        // What was written is a base of its own.
        #expect(try EngineBase(path: folder).parameters == model.base.parameters)
    }

    @Test func severalAdaptersAreWrittenAsOne() throws {
        let adapters = [try adapter("one", rank: 2, alpha: 4), try adapter("two", rank: 3, alpha: 1)]
        let (model, folder) = (try model(adapters), sandbox.root + "/peft")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let export = EngineExport(model, type: .f32, interruption: {})
        try export.writeAdapter(of: adapters.map(\.path), base: base, to: folder)
        #expect(try export.verified(at: folder, isAdapter: true, isTrained: true) == ["modules": 1])
        let merged = sandbox.root + "/again"
        try FileManager.default.createDirectory(atPath: merged, withIntermediateDirectories: true)
        let again = try self.model([AdapterReference(path: folder, sha256: "")])
        try EngineExport(again, type: .f32, interruption: {}).writeMerged(template: nil, to: merged)
        for (found, right) in zip(try written(merged, Self.module + ".weight"), product([(2, 4), (3, 1)])) {
            #expect(abs(Double(found) - right) < 1e-5)
        }
    }

    @Test func inspectionSeesTheAdapterAndWhatIsNoNumber() throws {
        let found = try model([try adapter("one", rank: 2, alpha: 4)]).inspection(interruption: {})
        #expect(found.nonFinite == 0 && found.adapterParameters == 2 * 4 + 3 * 2)
        let plain = product([])
        let squares = zip(product([(2, 4)]), plain).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(abs((found.adapterChange ?? 0) - (squares / 12).squareRoot()) < 1e-5)
        #expect(try model([]).inspection(interruption: {}).adapterChange == nil)
        var bytes = try Data(contentsOf: URL(filePath: base + "/model.safetensors"))
        bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 192, 127])
        try bytes.write(to: URL(filePath: base + "/model.safetensors"))
        let odd = try model([]).inspection(interruption: {})
        #expect(odd.nonFinite == 1 && odd.firstNonFinite == Self.module + ".bias")
    }

    @Test func whatIsNoPlainAdapterOfTheBaseIsRefusedByName() throws {
        let other = try adapter("other", rank: 2, alpha: 4, module: "gpt_neox.layers.9.attention.dense")
        let dora = try adapter("dora", rank: 2, alpha: 4, extra: #", "use_dora": true"#)
        let pattern = try adapter("pattern", rank: 2, alpha: 4, extra: #", "rank_pattern": {"dense": 2}"#)
        for (reference, word) in [(other, "layers.9"), (dora, "use_dora"), (pattern, "rank_pattern")] {
            let failure = #expect(throws: ModelFailure.self) { try model([reference]) }
            #expect(failure?.place.contains(word) == true || failure?.problem.contains(word) == true)
        }
        let spoilt = AdapterReference(path: other.path, sha256: String(repeating: "0", count: 64))
        #expect(throws: Failure.self) { try model([spoilt]) }
    }
}
