import Generation
import Inference
import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

/// A model whose layers go by the gated delta rule gives each sequence what it gets alone, whatever is shared, kept and
/// taken up again.
@Suite(.serialized)
struct RecurrentServingTests {
    private struct Bench {
        let engine: StepEngine
        let model: EngineModel
        let budget: PageBudget

        init(pages: Int = 100) throws {
            let folder = try HuggingFaceFolder(path: TestSupport.fixture("families/qwen3_5"))
            budget = PageBudget(limit: 0)
            let base = try EngineBase(Model(huggingFace: folder), team: ThreadTeam(threads: 2), budget: budget)
            model = EngineModel(base, key: "base")
            let own = KeyValuePages(base.transformer.model.configuration, budget: budget)
            // States are small beside a page of this model, so that each keeps its own.
            precondition(own.interval == 1)
            budget.limit = pages * (own.pageBytes + own.stateBytes)
            engine = StepEngine(budget: budget)
        }

        func add(_ prompt: [Int32], tokens: Int = 12) -> StepEngineTests.Listener {
            let listener = StepEngineTests.Listener()
            let request = SequenceRequest(
                model: model, prompt: prompt, options: GenerationOptions(maxNewTokens: tokens), logprobs: 2)
            engine.add(EngineSequence(request, listener: listener))
            return listener
        }

        func alone(_ prompt: [Int32]) -> StepEngineTests.Listener {
            let listener = add(prompt)
            while engine.step() {}
            return listener
        }
    }

    /// Prompts that part from one another within pages, at their ends, and soon after.
    private static let prompts: [[Int32]] = {
        let start = (0..<40).map { Int32(3 + $0 * 7 % 60) }
        return [40, 17, 16, 15, 33, 32, 3].map { Array(start.prefix($0)) + [Int32($0 % 9 + 3), 5] }
            + [Array(start.prefix(34))]
    }()

    @Test func companyChangesNothing() throws {
        var alone: [StepEngineTests.Listener] = []
        for prompt in Self.prompts { alone.append(try Bench().alone(prompt)) }
        let shared = try Bench()
        var together: [StepEngineTests.Listener] = []
        for prompt in Self.prompts {
            together.append(shared.add(prompt))
            _ = shared.engine.step()
        }
        while shared.engine.step() {}
        let warm = Self.prompts.map { shared.alone($0) }
        for (index, listener) in alone.enumerated() {
            #expect(listener.tokens.count == 12 && listener.cached == 0)
            #expect(together[index].tokens == listener.tokens && together[index].reports == listener.reports)
            #expect(warm[index].tokens == listener.tokens && warm[index].reports == listener.reports)
            // Whole pages are taken up again, with the states behind them.
            let known = (Self.prompts[index].count - 1) / KeyValuePages.tokens * KeyValuePages.tokens
            #expect(warm[index].cached == known, "prompt \(index)")
        }
    }

    @Test func littleMemoryChangesNothing() throws {
        let tight = try Bench(pages: 8)
        let found = Self.prompts.map { tight.add($0) }
        while tight.engine.step() {}
        for (prompt, listener) in zip(Self.prompts, found) {
            let wanted = try Bench().alone(prompt)
            #expect(listener.tokens == wanted.tokens && listener.reports == wanted.reports)
        }
        #expect(tight.engine.usedBytes <= tight.budget.limit)
    }

    /// A further turn begins with the question and its answer.
    @Test func aFurtherTurnTakesUpWhatTheAnswerLeft() throws {
        let bench = try Bench()
        let prompt = Self.prompts[0]
        let answer = bench.alone(prompt).tokens
        let further = prompt + answer + [7]
        let found = bench.alone(further)
        #expect(found.cached == (prompt.count + answer.count - 1) / KeyValuePages.tokens * KeyValuePages.tokens)
        #expect(found.reports == (try Bench().alone(further)).reports)
    }

    @Test func answersAreThoseOfTheFixedBatch() throws {
        let bench = try Bench()
        let generator = Generator(
            try Transformer(bench.model.base.transformer.model, team: ThreadTeam(threads: 2)), memoryBytes: 64 << 20)
        let expected = try generator.generate(Self.prompts, GenerationOptions(maxNewTokens: 12))
        for (prompt, answer) in zip(Self.prompts, expected) { #expect(bench.alone(prompt).tokens == answer.ids) }
    }
}
