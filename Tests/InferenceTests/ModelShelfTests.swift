import Nouns
import Tensors
import TestSupport
import Testing
import Transformers

@testable import Inference

/// A base is in memory once for all that is asked of it, and as long as somebody asks.
@Suite(.serialized)
struct ModelShelfTests {
    private let shelf = ModelShelf(team: ThreadTeam(threads: 1), budget: PageBudget(limit: 0))

    /// The same base, asked on different days, is different models.
    private func reference(_ day: String, _ file: String = "SmolLM2-135M-Instruct.Q4_1.gguf") throws -> ModelReference {
        var reference = ModelReference(basePath: try TestSupport.model(file), base: "b", baseDigest: file)
        reference.date = "2027-01-\(day)"
        return reference
    }

    @Test func theNextModelOfABaseFindsItsWeights() throws {
        let first = try shelf.load(reference("01")).model.engine.base
        try shelf.unload(reference("01"))
        let second = try shelf.load(reference("02")).model.engine.base
        #expect(first === second && shelf.baseCount == 1, "a version that takes another's place shares its steps")
    }

    @Test func aBaseStaysAsLongAsItIsUsed() throws {
        var old: EngineModel? = try shelf.load(reference("01")).model.engine
        try shelf.unload(reference("01"))
        _ = try shelf.load(reference("01", "gemma3-270m.gguf"))
        #expect(shelf.baseCount == 2, "an answer that is at work ends on it")
        #expect(try shelf.load(reference("02")).model.engine.base === old?.base)
        try shelf.unload(reference("02"))
        _ = try shelf.load(reference("02", "gemma3-270m.gguf"))
        old = nil
        shelf.tidy()
        #expect(shelf.baseCount == 1)
    }
}
