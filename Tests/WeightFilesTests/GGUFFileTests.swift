import Mutation
import Testing

@testable import WeightFiles

struct GGUFFileTests {
    func parse(_ bytes: [UInt8]) throws -> GGUFFile {
        let copy = HeapCopy(bytes)
        return try GGUFFile(path: "lying.gguf", owner: copy, bytes: copy.bytes)
    }

    /// Expects a refusal with all of `words` in its text.
    func expectRefusal(_ builder: GGUFBuilder, _ code: WeightFileError.Code, _ words: String...) {
        let error = #expect(throws: WeightFileError.self) { try parse(builder.bytes) }
        #expect(error?.code == code)
        let text = error?.description ?? ""
        for word in ["lying.gguf"] + words { #expect(text.contains(word), "\(text)") }
    }

    @Test func readsEveryKindOfMetadata() throws {
        let metadata = try GGUFFile(path: Fixture.path("every-type.gguf")).metadata
        #expect(metadata["general.architecture"] == .text("llama"))
        #expect(metadata["test.uint8"]?.integer == 250)
        #expect(metadata["test.int8"]?.integer == -5)
        #expect(metadata["test.uint16"]?.integer == 65000)
        #expect(metadata["test.int16"]?.integer == -32000)
        #expect(metadata["test.uint32"]?.integer == 4_000_000_000)
        #expect(metadata["test.int32"]?.integer == -2_000_000_000)
        #expect(metadata["test.uint64"]?.integer == 1 << 60)
        #expect(metadata["test.int64"]?.integer == -(1 << 60))
        #expect(metadata["test.float32"]?.double == 0.5)
        #expect(metadata["test.float64"]?.double == 0.1)
        #expect(metadata["test.bool"]?.bool == true)
        #expect(metadata["test.string"]?.string == "grüße 🌍")
        #expect(metadata["test.strings"] == .texts(["a", "", "▁b"]))
        #expect(metadata["test.integers"] == .integers([1, -2, 3]))
        #expect(metadata["test.floats"] == .numbers([0.25, -1.5]))
    }

    @Test func namesWhatIsMissing() throws {
        let file = try GGUFFile(path: Fixture.path("every-type.gguf"))
        #expect(throws: WeightFileError.self) { try file.tensor("blk.0.attn_q.weight") }
        #expect(throws: WeightFileError.self) { try file.required("llama.block_count", "a number") { $0.integer } }
        #expect(throws: WeightFileError.self) { try file.required("test.string", "a number") { $0.integer } }
        #expect(try file.required("test.uint8", "a number") { $0.integer } == 250)
    }

    @Test func refusesWhatIsNoGGUF() {
        expectRefusal(GGUFBuilder(magic: Array("GGJT".utf8)), .malformed, "not a GGUF file", "offset 0")
        expectRefusal(GGUFBuilder(version: 1), .unsupported, "version 1")
        expectRefusal(GGUFBuilder(version: UInt32(3).byteSwapped), .unsupported, "big-endian")
        #expect(throws: WeightFileError.self) { try parse([]) }
        #expect(throws: WeightFileError.self) { try parse(Array("GGUF".utf8)) }
        #expect(throws: WeightFileError.self) { try GGUFFile(path: "/nowhere/at/all.gguf") }
        #expect(throws: WeightFileError.self) { try GGUFFile(path: "/") }
        #expect(throws: WeightFileError.self) { try GGUFFile(path: "/dev/null") }
    }

    @Test func refusesCountsThatTheFileCannotHold() {
        expectRefusal(GGUFBuilder(tensorCount: .max), .truncated, "number of tensors", "offset 8")
        expectRefusal(GGUFBuilder(keyCount: 1 << 40), .truncated, "number of metadata keys", "offset 16")
        let long = GGUFBuilder.number(UInt64.max) + Array("key".utf8)
        expectRefusal(GGUFBuilder(keyCount: 1, keys: [long]), .truncated, "metadata key 0")
        let list = GGUFBuilder.text("k") + GGUFBuilder.number(UInt32(9)) + GGUFBuilder.number(UInt32(8))
        expectRefusal(GGUFBuilder(keys: [list + GGUFBuilder.number(UInt64(1) << 62)]), .truncated, "length of k")
    }

    @Test func refusesBadMetadata() {
        let key = GGUFBuilder.text("k")
        expectRefusal(GGUFBuilder(keys: [key + GGUFBuilder.number(UInt32(77))]), .malformed, "unknown type 77")
        let nested = key + GGUFBuilder.number(UInt32(9)) + GGUFBuilder.number(UInt32(9))
        expectRefusal(GGUFBuilder(keys: [nested]), .unsupported, "list of lists")
        let flag = key + GGUFBuilder.number(UInt32(7)) + [1]
        expectRefusal(GGUFBuilder(keys: [flag, flag]), .malformed, "k appears twice")
        let invalid = key + GGUFBuilder.number(UInt32(8)) + GGUFBuilder.number(UInt64(2)) + [0xC3, 0x28]
        expectRefusal(GGUFBuilder(keys: [invalid]), .malformed, "UTF-8")
        for alignment: UInt32 in [0, 3, 48, 1 << 30] {
            let value =
                GGUFBuilder.text("general.alignment") + GGUFBuilder.number(UInt32(4)) + GGUFBuilder.number(alignment)
            expectRefusal(GGUFBuilder(keys: [value]), .malformed, "general.alignment")
        }
    }

    @Test func refusesTensorsThatLie() {
        func one(_ tensor: [UInt8]) -> GGUFBuilder { GGUFBuilder(tensors: [tensor]) }
        expectRefusal(one(GGUFBuilder.tensor("w", offset: 4096)), .truncated, "w", "4096")
        expectRefusal(one(GGUFBuilder.tensor("w", offset: .max)), .truncated, "w")
        expectRefusal(one(GGUFBuilder.tensor("w", offset: 5)), .malformed, "multiple of 32")
        expectRefusal(one(GGUFBuilder.tensor("w", dimensions: [1000, 1000])), .truncated, "4000000 bytes")
        expectRefusal(one(GGUFBuilder.tensor("w", dimensions: [1 << 40, 1 << 40])), .malformed, "w")
        expectRefusal(one(GGUFBuilder.tensor("w", dimensions: [.max])), .malformed, "w")
        expectRefusal(one(GGUFBuilder.tensor("w", dimensions: [1 << 62])), .malformed, "w")
        expectRefusal(one(GGUFBuilder.tensor("w", dimensions: [0, 4])), .malformed, "dimension of 0")
        expectRefusal(one(GGUFBuilder.tensor("w", dimensions: [])), .malformed, "0 dimensions")
        expectRefusal(one(GGUFBuilder.tensor("w", dimensions: [33, 1], type: 8)), .malformed, "Q8_0")
        expectRefusal(one(GGUFBuilder.tensor("w", type: 16)), .unsupported, "ggml type 16", "Q4_K")
        expectRefusal(GGUFBuilder(tensors: [GGUFBuilder.tensor("w"), GGUFBuilder.tensor("w")]), .malformed, "twice")
        expectRefusal(GGUFBuilder(tensors: [GGUFBuilder.tensor("a"), GGUFBuilder.tensor("b")]), .malformed, "overlap")
    }

    @Test func survivesDamage() throws {
        let good = try Fixture.bytes("every-type.gguf")
        var mutator = Mutator(seed: 7)
        for _ in 0..<1500 {
            if let file = try? parse(mutator.mutate(good, focus: 3000)) {
                for tensor in file.tensors.values { #expect(tensor.floats().count == tensor.count) }
            }
        }
    }

    @Test func refusesEveryCut() throws {
        let good = try Fixture.bytes("every-type.gguf")
        for length in stride(from: 0, to: 4000, by: 7) {
            #expect(throws: WeightFileError.self) { try parse(Array(good[..<length])) }
        }
    }
}
