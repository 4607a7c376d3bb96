import Foundation
import Mutation
import Tensors
import Testing

@testable import WeightFiles

struct SafetensorsTests {
    func parse(_ header: String, data: Int = 64) throws -> SafetensorsFile {
        try parse(
            GGUFBuilder.number(UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 0, count: data))
    }

    func parse(_ bytes: [UInt8]) throws -> SafetensorsFile {
        let copy = HeapCopy(bytes)
        return try SafetensorsFile(path: "lying.safetensors", owner: copy, bytes: copy.bytes)
    }

    @Test func readsTheThreeFloatTypes() throws {
        let file = try SafetensorsFile(path: Fixture.path("three-types.safetensors"))
        #expect(file.metadata == ["format": "pt"])
        #expect(file.otherTypes == ["ids": "I64"])
        let values = try GGUFFile(path: Fixture.path("every-type.gguf")).tensor("F32").floats()
        let expected = (0..<3).flatMap { values[($0 * 512)..<($0 * 512 + 8)] }
        #expect(file.tensors["f32"]?.floats() == expected)
        #expect(file.tensors["f32"]?.shape == [3, 8])
        #expect(file.tensors["f16"]?.type == .f16)
        #expect(
            zip(try #require(file.tensors["f16"]).floats(), expected).allSatisfy {
                abs($0 - $1) <= abs($1) * 0x1p-11 + 1e-7
            })
        #expect(
            zip(try #require(file.tensors["bf16"]).floats(), expected).allSatisfy { abs($0 - $1) <= abs($1) * 0x1p-8 })
    }

    static let lies: [(String, String)] = [
        ("[]", "no JSON object"),
        ("{", "key must be a string"),
        ("{\"a\":{}}", "missing"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,12]}}", "does not take"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[16,0]}}", "rising"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[-16,0]}}", "rising"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16,32]}}", "rising"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-4],\"data_offsets\":[0,16]}}", "shape"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1e300],\"data_offsets\":[0,16]}}", "shape"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,16]}}", "counted"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4000],\"data_offsets\":[0,16000]}}", "only 64 bytes"),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[8,24]}}", "overlaps"
        ),
        ("{\"a\":1,\"a\":2}", "twice"),
        ("{\"a\":\"\\ud800\"}", "surrogate"),
        (String(repeating: "[", count: 100_000), "deeper"),
    ]

    @Test(arguments: lies)
    func refuses(lie: (header: String, word: String)) {
        let error = #expect(throws: WeightFileError.self) { try parse(lie.header) }
        #expect(error?.description.contains(lie.word) == true, "\(String(describing: error))")
    }

    @Test func refusesAHeaderLongerThanTheFile() {
        #expect(throws: WeightFileError.self) { try parse(GGUFBuilder.number(UInt64(50_000)) + [0x7B, 0x7D]) }
        #expect(throws: WeightFileError.self) { try parse(GGUFBuilder.number(UInt64.max) + [0x7B, 0x7D]) }
        #expect(throws: WeightFileError.self) { try parse([1, 2, 3]) }
    }

    @Test func survivesDamage() throws {
        let good = try Fixture.bytes("three-types.safetensors")
        var mutator = Mutator(seed: 11)
        for _ in 0..<20_000 {
            if let file = try? parse(mutator.mutate(good, focus: 320)) {
                for tensor in file.tensors.values { #expect(tensor.floats().count == tensor.count) }
            }
        }
    }

    @Test func readsShardsAndRefusesLinksOut() throws {
        let folder = try Fixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func put(_ text: String, _ name: String) throws {
            try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
        }
        try put("{\"model_type\": \"llama\", \"rms_norm_eps\": 1e-05}", "config.json")
        #expect(throws: WeightFileError.self) { try HuggingFaceFolder(path: folder) }
        let one = TensorSource(name: "a", shape: [2], values: [1, 2])
        let two = TensorSource(name: "b", shape: [1], type: .bf16, values: [3])
        try SafetensorsWriter.write([one], to: folder + "/x-1.safetensors")
        try SafetensorsWriter.write([two], to: folder + "/x-2.safetensors")
        try put(
            "{\"weight_map\": {\"a\": \"x-1.safetensors\", \"b\": \"x-2.safetensors\"}}", "model.safetensors.index.json"
        )
        let model = try HuggingFaceFolder(path: folder)
        #expect(model.tensors["a"]?.floats() == [1, 2])
        #expect(model.tensors["b"]?.floats() == [3])
        #expect(model.config["model_type"]?.string == "llama")
        #expect(model.config["rms_norm_eps"]?.double == 1e-5)
        #expect(model.files == ["config.json", "model.safetensors.index.json", "x-1.safetensors", "x-2.safetensors"])
        for bad in ["../x-1.safetensors", "gone.safetensors", "x-2.safetensors"] {
            try put("{\"weight_map\": {\"a\": \"\(bad)\"}}", "model.safetensors.index.json")
            #expect(throws: WeightFileError.self) { try HuggingFaceFolder(path: folder) }
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/out.safetensors", withDestinationPath: Fixture.path("three-types.safetensors"))
        try put("{\"weight_map\": {\"f32\": \"out.safetensors\"}}", "model.safetensors.index.json")
        let error = #expect(throws: WeightFileError.self) { try HuggingFaceFolder(path: folder) }
        #expect(error?.description.contains("link") == true)
    }
}
