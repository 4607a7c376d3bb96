import Nouns
import Testing
import Transformers

@testable import Training

/// Which linear layers an adapter covers.
@Suite struct AdapterStartTests {
    private func places(_ family: String, _ targets: [String]) throws -> Set<Projection> {
        let model = try TinyModel.make(#require(ModelConfiguration.Family(architecture: family)))
        var recipe = Recipe()
        recipe.targets = targets
        return Set(try AdapterStart.fresh(recipe, for: model).places.map(\.projection))
    }

    /// A convolution's projections stand in the place of attention's, and go with them.
    @Test func aConvolutionsProjectionsGoWithAttentions() throws {
        let all = Set(Recipe.allTargets.compactMap { name in Projection.allCases.first { $0.name == name } })
        #expect(try places("lfm2", Recipe.allTargets) == all.union([.convIn, .convOut]))
        #expect(try places("lfm2", ["q", "v"]) == [.q, .v, .convIn])
        #expect(try places("lfm2", ["o", "down"]) == [.o, .down, .convOut])
        #expect(try places("lfm2", ["up"]) == [.up])
        #expect(try places("llama", Recipe.allTargets) == all)
    }

    /// So do those of the gated delta rule.
    @Test func theGatedDeltaRulesProjectionsGoWithAttentions() throws {
        let inner: Set<Projection> = [.deltaIn, .deltaGate, .deltaRate, .deltaDecay]
        #expect(try places("qwen35", ["k"]) == inner.union([.k]))
        #expect(try places("qwen35", ["o", "down"]) == [.o, .down, .deltaOut])
        #expect(try places("qwen35", ["up"]) == [.up])
    }

    /// The gate of a layer's own input goes with the feed-forward part's, and its way back with that one's.
    @Test func theOwnInputsProjectionsGoWithTheFeedForwardParts() throws {
        let all = Set(Recipe.allTargets.compactMap { name in Projection.allCases.first { $0.name == name } })
        #expect(try places("gemma4", Recipe.allTargets) == all.union([.perLayerGate, .perLayerOut]))
        #expect(try places("gemma4", ["q", "gate"]) == [.q, .gate, .perLayerGate])
    }

    @Test func othersAreRefusedByName() {
        let fault = #expect(throws: Failure.self) { try places("lfm2", ["convIn"]) }
        #expect(fault?.code == "recipe.targets" && fault?.remedy?.contains("q, k, v, o, gate, up, down") == true)
    }
}
