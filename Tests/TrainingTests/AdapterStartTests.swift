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
        #expect(
            try places("lfm2", Recipe.allTargets)
                == Set(Projection.allCases).subtracting([.perLayerGate, .perLayerOut]))
        #expect(try places("gemma4", ["q", "gate"]) == [.q, .gate, .perLayerGate])
        #expect(
            try places("gemma4", Recipe.allTargets) == Set(Projection.allCases).subtracting([.convIn, .convOut]))
        #expect(try places("lfm2", ["q", "v"]) == [.q, .v, .convIn])
        #expect(try places("lfm2", ["o", "down"]) == [.o, .down, .convOut])
        #expect(try places("lfm2", ["up"]) == [.up])
        #expect(
            try places("llama", Recipe.allTargets)
                == Set(Projection.allCases).subtracting([.convIn, .convOut, .perLayerGate, .perLayerOut]))
    }

    @Test func othersAreRefusedByName() {
        let fault = #expect(throws: Failure.self) { try places("lfm2", ["convIn"]) }
        #expect(fault?.code == "recipe.targets" && fault?.remedy?.contains("q, k, v, o, gate, up, down") == true)
    }
}
