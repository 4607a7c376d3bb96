import Foundation
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// A micro-batch of which the layers' inputs alone are kept gives the same bits in less memory.
@Suite struct FrugalTests {
    private func rows(_ lengths: [Int]) -> [TokenSequence] {
        lengths.enumerated().map { row, count in
            let ids = (0..<count).map { Int32(3 + ($0 * 11 + row) % 60) }
            return TokenSequence(ids: ids, weights: ids.map { _ in 1 })
        }
    }

    private func adapter(_ model: Model, firstLayer: Int) throws -> Adapter {
        let layout = AdapterLayout(rank: 2, scale: 0.5, targets: Projection.allCases, firstLayer: firstLayer)
        let adapter = try Adapter(layout, for: model)
        for index in 0..<adapter.count { adapter.values.pointer[index] = 0.2 * Float(cos(Double(index))) }
        return adapter
    }

    @Test(arguments: FamilyTests.kinds)
    func theGradientsAreTheSameBits(kind: String) throws {
        let model = try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/\(kind)")))
        let team = ThreadTeam(threads: 2)
        for firstLayer in [0, 1] {
            let adapter = try adapter(model, firstLayer: firstLayer)
            let transformer = try Transformer(model, adapter: adapter, team: team, training: true)
            func gradients(_ lengths: [Int], most: Int) throws -> [Float] {
                transformer.mostBytes = most
                let found = try FloatBuffer(adapter.count)
                _ = try transformer.train(TokenTree(rows(lengths)), scale: 1, into: found)
                #expect(transformer.activations.isFrugal == (most == 0))
                return Array(UnsafeBufferPointer(start: found.pointer, count: adapter.count))
            }
            // A long row between short ones: each keeps what it needs.
            let short = try gradients([9, 5], most: .max)
            let long = try gradients([30], most: .max)
            #expect(try gradients([30], most: 0) == long, "\(kind)")
            #expect(try gradients([9, 5], most: .max) == short, "\(kind)")
            #expect(try gradients([9, 5], most: 0) == short, "\(kind)")
            #expect(long.contains { $0 != 0 })
            if model.configuration.layers > 2 {
                #expect(transformer.frugalBytesPerToken < transformer.bytesPerToken)
            }
        }
    }
}
