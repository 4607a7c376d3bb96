import CKernels
import Tensors
import Testing

@testable import WeightFiles

struct DequantizeTests {
    @Test(arguments: StorageType.allCases)
    func isBitEqualToTheGGUFPackage(type: StorageType) throws {
        let file = try GGUFFile(path: Fixture.path("every-type.gguf"))
        let tensor = try file.tensor(type.label)
        let expected = try file.tensor(type.label + ".expected").floats()
        #expect(tensor.type == type)
        #expect(tensor.shape == [3, 512])
        #expect(tensor.floats().map(\.bitPattern) == expected.map(\.bitPattern))
        var scalar = [Float](repeating: 0, count: tensor.count)
        withExtendedLifetime(tensor) {
            #expect(
                ck_dequantize_row_scalar(type.rawValue, tensor.bytes.baseAddress, Int64(tensor.count), &scalar) == 0)
        }
        #expect(scalar.map(\.bitPattern) == expected.map(\.bitPattern))
        #expect(ck_block_elements(type.rawValue) == type.blockSize)
        #expect(ck_block_bytes(type.rawValue) == type.blockBytes)
    }

    @Test(arguments: [StorageType.f16, .bf16, .q8_0, .q4_0, .q4_1])
    func quantisesAsTheGGUFPackageDoes(type: StorageType) throws {
        let file = try GGUFFile(path: Fixture.path("every-type.gguf"))
        let values = try file.tensor("F32").floats()
        let expected = try file.tensor(type.label + ".quantised")
        var bytes = [UInt8](repeating: 0, count: expected.bytes.count)
        #expect(ck_quantize_row(type.rawValue, values, Int64(values.count), &bytes) == 0)
        #expect(withExtendedLifetime(expected) { bytes.elementsEqual(expected.bytes) })
    }

    @Test func dequantisesSomeRows() throws {
        let file = try GGUFFile(path: Fixture.path("every-type.gguf"))
        let tensor = try file.tensor("Q6_K")
        var row = [Float](repeating: 0, count: 512)
        tensor.dequantize(rows: 1..<2, into: &row)
        #expect(row == Array(tensor.floats()[512..<1024]))
    }

    @Test func refusesWhatIsNoWholeBlock() {
        var out = [Float](repeating: 7, count: 64)
        let block = [UInt8](repeating: 0, count: 64)
        #expect(ck_dequantize_row(StorageType.q8_0.rawValue, block, 31, &out) == -1)
        #expect(ck_dequantize_row(StorageType.q8_0.rawValue, block, -32, &out) == -1)
        #expect(ck_dequantize_row(99, block, 32, &out) == -1)
        #expect(ck_quantize_row(StorageType.q6_K.rawValue, out, 256, nil) == -1)
        #expect(out.allSatisfy { $0 == 7 })
    }
}
