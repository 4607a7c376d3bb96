import Foundation
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// Layers that convolve see the tokens before by what is kept of them: in a packed tree, in a cache, and in pages.
@Suite struct ConvolutionTests {
    private let ids = (0..<40).map { Int32(3 + $0 * 11 % 60) }

    private func model(_ kind: String) throws -> Model {
        try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/\(kind)")))
    }

    private func logits(_ runner: Transformer, _ hidden: UnsafeMutablePointer<Float>, row: Int, alike: Bool = false)
        throws -> [Float]
    {
        let found = try runner.logits(hidden, rows: [row], alike: alike)
        return Array(UnsafeBufferPointer(start: found, count: runner.model.configuration.vocabulary))
    }

    /// The token before each, where sequences branch within the reach of a convolution and end at once.
    @Test func tokensFollowThoseOfTheirOwnSequence() {
        let common = Array(ids[..<9])
        let branch: [Int32] = common + [2, 3, 4]
        let rows: [[Int32]] = [common, common + [1], branch, [5], branch + common + [7]]
        let tree = TokenTree(rows.map { TokenSequence(ids: $0, weights: $0.map { _ in 1 }) })
        #expect(tree.tokens.count < rows.reduce(0) { $0 + $1.count })
        for (row, last) in zip(rows, tree.lastTokens) {
            var found: [Int32] = []
            var token = Int(last)
            while token >= 0 {
                found.append(tree.tokens[token])
                token = Int(tree.previous[token])
            }
            #expect(found.reversed() == row)
        }
    }

    /// A step's rows are the same bits however the sequence is cut into steps, across the ends of pages too.
    @Test(arguments: ["lfm2", "lfm2-older"])
    func stepsAreTheSameBitsHoweverTheyAreCut(kind: String) throws {
        let runner = try Transformer(model(kind), team: ThreadTeam(threads: 2))
        let pages = KeyValuePages(runner.model.configuration, budget: PageBudget(limit: 1 << 24))
        func last(_ cuts: [Int]) throws -> [Float] {
            let held = try (0..<3).map { _ in try #require(try pages.page()) }
            var found: [Float] = []
            var from = 0
            for to in cuts + [ids.count] {
                let part = StepPart(tokens: ids[from..<to], position: from, pages: held, adapter: nil)
                found = try logits(runner, runner.step([part]), row: to - from - 1, alike: true)
                from = to
            }
            return found
        }
        let whole = try last([])
        for cuts in [Array(1..<ids.count), [16, 32], [15, 17, 31, 33], [1, 18], [38], [14, 15, 16, 17, 18]] {
            #expect(try last(cuts) == whole, "\(cuts)")
        }
    }

    /// What others computed of a beginning is gone on from at the end of any page, as if it had been computed anew.
    @Test func wholePagesAreGoneOnFrom() throws {
        let runner = try Transformer(model("lfm2"), team: ThreadTeam(threads: 2))
        let pages = KeyValuePages(runner.model.configuration, budget: PageBudget(limit: 1 << 24))
        #expect(!pages.endsAnywhere)
        func page() throws -> KeyValuePage { try #require(try pages.page()) }
        let first = try [page(), page(), page()]
        _ = try runner.step([StepPart(tokens: ids[...], position: 0, pages: first, adapter: nil)])
        let other: [Int32] = Array(ids[..<32]) + [60, 4, 9]
        let own = try [first[0], first[1], page()]
        let found = try logits(
            runner, runner.step([StepPart(tokens: other[32...], position: 32, pages: own, adapter: nil)]), row: 2,
            alike: true)
        let fresh = try [page(), page(), page()]
        let wanted = try logits(
            runner, runner.step([StepPart(tokens: other[...], position: 0, pages: fresh, adapter: nil)]), row: 34,
            alike: true)
        #expect(found == wanted)
    }

    /// Prompts that share a beginning, in one packed tree, go on each for itself.
    @Test(arguments: ["lfm2", "lfm2-older"])
    func promptsOfOneTreeGoOnAsThoughAlone(kind: String) throws {
        let runner = try Transformer(model(kind), team: ThreadTeam(threads: 2))
        let common = Array(ids[..<12])
        let prompts: [[Int32]] = [common, common + [7], common + [8, 9], [5]]
        func rows(_ prompts: [[Int32]]) -> TokenTree {
            TokenTree(prompts.map { TokenSequence(ids: $0, weights: $0.map { _ in 0 }) })
        }
        var (cache, sequences, _) = try runner.prefill(rows(prompts), sequences: prompts.count, newTokens: 5)
        let added: [Int32] = [21, 22, 23, 24, 25]
        var found: [[Float]] = []
        for id in added {
            let hidden = try runner.decode(prompts.indices.map { id + Int32($0) }, &sequences, cache)
            found = try prompts.indices.map { try logits(runner, hidden, row: $0) }
        }
        for (index, prompt) in prompts.enumerated() {
            let whole = prompt + added.map { $0 + Int32(index) }
            let wanted = try logits(runner, runner.forward(rows([whole])), row: whole.count - 1)
            for (left, right) in zip(found[index], wanted) {
                #expect(abs(left - right) < 1e-3 * max(1, abs(right)), "\(kind), prompt \(index)")
            }
        }
    }

    /// Layers that convolve keep what they need of the last tokens alone.
    @Test func convolutionsTakeNoMemoryOfEachToken() throws {
        let c = try model("lfm2").configuration
        #expect(c.attentionLayers == 1 && c.stateWidth == 2 * c.width)
        #expect(KeyValueCache.bytesPerToken(c) == 2 * c.keyWidth * 4)
        #expect(KeyValueCache.bytesPerSequence(c) == 3 * 2 * c.width * 4)
        let pages = KeyValuePages(c, budget: PageBudget(limit: 1 << 24))
        let perPage = KeyValuePages.tokens * KeyValueCache.bytesPerToken(c)
        #expect(pages.pageBytes == perPage + KeyValueCache.bytesPerSequence(c))
    }
}
