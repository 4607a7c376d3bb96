import Foundation
import Tensors
import Testing

@testable import WeightFiles

struct WriterTests {
    let values = (0..<1024).map { Float(sin(Double($0))) }

    @Test func aWrittenGGUFReadsBack() throws {
        let folder = try Fixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/model.gguf"
        let types: [StorageType] = [.f32, .f16, .bf16, .q8_0, .q4_0, .q4_1]
        try GGUFWriter.write(
            types.map { TensorSource(name: $0.label, shape: [4, 256], type: $0, values: values) },
            metadata: [
                ("general.architecture", .text("llama")), ("a.count", .uint32(7)), ("a.rate", .float32(0.5)),
                ("a.flag", .flag(true)), ("a.tokens", .texts(["x", "é"])), ("a.types", .int32s([1, -3])),
                ("a.scores", .float32s([0.5])), ("a.big", .uint64(1 << 40)), ("a.less", .int32(-1)),
            ], to: path)
        let file = try GGUFFile(path: path)
        #expect(file.tensorNames == types.map(\.label))
        #expect(file.metadata["a.tokens"] == .texts(["x", "é"]))
        #expect(file.metadata["a.types"] == .integers([1, -3]))
        #expect(file.metadata["a.big"]?.integer == 1 << 40)
        #expect(file.metadata["a.less"]?.integer == -1)
        #expect(try file.tensor("F32").floats() == values)
        for (type, tolerance) in [(StorageType.f16, 1e-3), (.bf16, 8e-3), (.q8_0, 5e-3), (.q4_0, 0.13), (.q4_1, 0.09)] {
            let back = try file.tensor(type.label)
            #expect(back.type == type && back.shape == [4, 256])
            #expect(zip(back.floats(), values).allSatisfy { abs(Double($0 - $1)) <= tolerance }, "\(type)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model.gguf"])
    }

    @Test func safetensorsBytesDependOnNothingElse() throws {
        let folder = try Fixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tensors = [
            TensorSource(name: "a\"b", shape: [4, 256], values: values),
            TensorSource(name: "half", shape: [2, 2], type: .f16, values: [1, 2, 3, 4]),
        ]
        for name in ["one", "two"] {
            try SafetensorsWriter.write(tensors, metadata: ["format": "pt", "b": "1"], to: folder + "/" + name)
        }
        #expect(FileManager.default.contentsEqual(atPath: folder + "/one", andPath: folder + "/two"))
        let file = try SafetensorsFile(path: folder + "/one")
        #expect(file.tensors["a\"b"]?.floats() == values)
        #expect(file.tensors["half"]?.floats() == [1, 2, 3, 4])
        #expect(file.metadata == ["format": "pt", "b": "1"])
    }

    @Test func refusesWhatCannotBeWritten() throws {
        let folder = try Fixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bad = TensorSource(name: "w", shape: [2], values: [1, .nan])
        let error = #expect(throws: WeightFileError.self) { try SafetensorsWriter.write([bad], to: folder + "/x") }
        #expect(error?.place == "w")
        let ragged = TensorSource(name: "w", shape: [33], type: .q8_0, values: [Float](repeating: 1, count: 33))
        #expect(throws: WeightFileError.self) { try GGUFWriter.write([ragged], metadata: [], to: folder + "/x") }
        #expect(throws: WeightFileError.self) { try SafetensorsWriter.write([ragged], to: folder + "/x") }
        #expect(throws: WeightFileError.self) { try SafetensorsWriter.write([], to: folder + "/missing/x") }
        #expect(throws: WeightFileError.self) { try SafetensorsWriter.write([], to: "/proc/x") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
}
