import Foundation
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// Answers token by token, by either way of serving, are those of one pass over the whole text, whatever the family.
@Suite struct FamilyStepTests {
    private let ids = (0..<21).map { Int32(3 + $0 * 11 % 60) }

    /// The logits after the whole of ``ids``, in one pass.
    private func whole(_ runner: Transformer) throws -> [Float] {
        let tree = TokenTree([TokenSequence(ids: ids, weights: ids.map { _ in 1 })])
        return try logits(runner, runner.forward(tree), row: ids.count - 1)
    }

    private func logits(_ runner: Transformer, _ hidden: UnsafeMutablePointer<Float>, row: Int) throws -> [Float] {
        let found = try runner.logits(hidden, rows: [row])
        return Array(UnsafeBufferPointer(start: found, count: runner.model.configuration.vocabulary))
    }

    private func expect(_ found: [Float], _ wanted: [Float], _ kind: String) {
        for (left, right) in zip(found, wanted) { #expect(abs(left - right) < 1e-3 * max(1, abs(right)), "\(kind)") }
    }

    @Test(arguments: FamilyTests.kinds)
    func stepsEqualOnePass(kind: String) throws {
        let folder = try HuggingFaceFolder(path: TestSupport.fixture("families/\(kind)"))
        let runner = try Transformer(Model(huggingFace: folder), team: ThreadTeam(threads: 2))
        let wanted = try whole(runner)
        let pages = KeyValuePages(runner.model.configuration, budget: PageBudget(limit: 1 << 24))
        let held = try (0..<2).map { try #require(try pages.page($0)) }
        let states = pages.isRecurrent ? try pages.states() : nil
        var found: [Float] = []
        for range in [0..<9, 9..<20, 20..<21] {
            let part = StepPart(
                tokens: ids[range], position: range.lowerBound, pages: held, adapter: nil, states: states)
            found = try logits(runner, runner.step([part]), row: range.count - 1)
        }
        expect(found, wanted, kind)
    }

    @Test(arguments: FamilyTests.kinds)
    func decodingEqualsOnePass(kind: String) throws {
        let folder = try HuggingFaceFolder(path: TestSupport.fixture("families/\(kind)"))
        let runner = try Transformer(Model(huggingFace: folder), team: ThreadTeam(threads: 2))
        let wanted = try whole(runner)
        let prompt = TokenSequence(ids: Array(ids[..<17]), weights: ids[..<17].map { _ in 1 })
        var (cache, sequences, _) = try runner.prefill(TokenTree([prompt]), sequences: 1, newTokens: 4)
        var found: [Float] = []
        for id in ids[17...] { found = try logits(runner, runner.decode([id], &sequences, cache), row: 0) }
        expect(found, wanted, kind)
    }
}
