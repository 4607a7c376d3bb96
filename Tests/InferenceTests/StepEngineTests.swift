import Foundation
import Generation
import Inference
import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

/// Sequences that share steps, against sequences that are alone.
@Suite(.serialized)
struct StepEngineTests {
    /// What became of a sequence.
    final class Listener: SequenceListener {
        var cached = -1
        var tokens: [Int32] = []
        var reports: [TokenReport] = []
        var scores: [TokenReport] = []
        var end: SequenceEnd?
        var wanted = Int.max
        func began(_ sequence: EngineSequence, cached: Int) { self.cached = cached }
        func drew(_ sequence: EngineSequence, _ token: Int32, _ report: TokenReport?) -> Bool {
            tokens.append(token)
            if let report { reports.append(report) }
            return tokens.count < wanted
        }
        func scored(_ sequence: EngineSequence, _ reports: [TokenReport]) { scores += reports }
        func ended(_ sequence: EngineSequence, _ end: SequenceEnd) { self.end = end }
    }

    /// An engine with a small model on it.
    final class Bench {
        let engine: StepEngine
        let base: EngineBase
        let plain: EngineModel
        let budget: PageBudget

        init(_ file: String = "SmolLM2-135M-Instruct.Q4_1.gguf", pages: Int = 400, widest: Int = 64) throws {
            let model = try Model(gguf: GGUFFile(path: TestSupport.model(file)))
            budget = PageBudget(limit: 0)
            base = try EngineBase(model, team: ThreadTeam(threads: 2), budget: budget)
            plain = EngineModel(base, key: "base")
            budget.limit = pages * KeyValueCache.bytesPerToken(model.configuration) * KeyValuePages.tokens
            engine = StepEngine(budget: budget, widest: widest)
        }

        /// An adapter whose numbers differ with the seed.
        func version(_ seed: UInt64, broken: Bool = false) throws -> EngineModel {
            let model = base.transformer.model
            let adapter = try Adapter(AdapterLayout(rank: 4, scale: 0.5, targets: [.q, .v, .down]), for: model)
            var state = seed
            for index in 0..<adapter.count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                adapter.values.pointer[index] = Float(Int32(truncatingIfNeeded: state >> 32)) / Float(1 << 31) * 0.05
            }
            if broken { adapter.values.pointer[0] = .nan }
            return EngineModel(base, adapter: adapter, key: "version \(seed)")
        }

        func request(
            _ prompt: [Int32], _ model: EngineModel? = nil, tokens: Int = 6, temperature: Double = 0, seed: UInt64 = 0,
            topK: Int = 0
        ) -> SequenceRequest {
            SequenceRequest(
                model: model ?? plain, prompt: prompt,
                options: GenerationOptions(
                    maxNewTokens: tokens, temperature: temperature, topK: topK, seed: seed, stopTokens: [2]),
                logprobs: 2)
        }

        func add(_ request: SequenceRequest) -> (EngineSequence, Listener) {
            let listener = Listener()
            let sequence = EngineSequence(request, listener: listener)
            engine.add(sequence)
            return (sequence, listener)
        }

        func finish() { while engine.step() {} }

        func alone(_ request: SequenceRequest) throws -> Listener {
            let (_, listener) = add(request)
            finish()
            return listener
        }
    }

    /// Prompts of several lengths, some of which begin alike.
    static func prompts(_ count: Int) -> [[Int32]] {
        let start: [Int32] = (0..<40).map { 100 + $0 * 7 }
        return (0..<count).map { index in
            Array(start.prefix(index % 3 * 18 + 3))
                + (0..<(5 + index * 3 % 17)).map { Int32(500 + index * 31 + $0 * 3) }
        }
    }

    @Test(arguments: ["SmolLM2-135M-Instruct.Q4_1.gguf", "gemma3-270m.gguf"])
    func companyChangesNothing(file: String) throws {
        let prompts = Self.prompts(file.hasPrefix("gemma") ? 5 : 12)
        func requests(_ bench: Bench) throws -> [SequenceRequest] {
            let models = [bench.plain, try bench.version(1), try bench.version(2)]
            return prompts.enumerated().map { index, prompt in
                bench.request(
                    prompt, models[index % 3], temperature: index % 2 == 0 ? 0 : 0.9, seed: UInt64(index),
                    topK: index % 4 == 1 ? 20 : 0)
            }
        }
        // Each in an engine that has seen nothing.
        let fresh = try Bench(file)
        var alone: [Listener] = []
        for request in try requests(fresh) {
            let listener = try fresh.alone(request)
            alone.append(listener)
            for key in ["base", "version 1", "version 2"] { fresh.engine.forget(key) }
        }
        // Together, joining one after the other.
        let shared = try Bench(file)
        var together: [Listener] = []
        for request in try requests(shared) {
            together.append(shared.add(request).1)
            _ = shared.engine.step()
        }
        shared.finish()
        // And again, with all of them known.
        var warm: [Listener] = []
        for request in try requests(shared) { warm.append(try shared.alone(request)) }
        for (index, listener) in alone.enumerated() {
            #expect(!listener.tokens.isEmpty && listener.cached == 0)
            #expect(together[index].tokens == listener.tokens && warm[index].tokens == listener.tokens)
            #expect(together[index].reports == listener.reports && warm[index].reports == listener.reports)
            #expect(warm[index].cached == prompts[index].count - 1)
        }
        // Adapters make a difference, so that a mixed-up one would be seen.
        #expect(try shared.alone(shared.request(prompts[1])).reports != alone[1].reports)
    }

    @Test func piecesAndMemoryChangeNothing() throws {
        let long: [Int32] = (0..<300).map { Int32(300 + $0 * 13 % 4000) }
        let roomy = try Bench()
        let expected = try roomy.alone(roomy.request(long, tokens: 20))
        #expect(expected.tokens.count > 1)
        // Others answer while it is read, and there is not memory for all: the last comers give way and come again.
        let tight = try Bench(pages: 24)
        let others = Self.prompts(6).map { tight.add(tight.request($0, tokens: 40)).1 }
        for _ in 0..<5 { _ = tight.engine.step() }
        let (_, listener) = tight.add(tight.request(long, tokens: 20))
        tight.finish()
        #expect(listener.tokens == expected.tokens && listener.reports == expected.reports)
        for (prompt, other) in zip(Self.prompts(6), others) {
            roomy.engine.forget("base")
            let wanted = try roomy.alone(roomy.request(prompt, tokens: 40))
            #expect(other.tokens == wanted.tokens && other.reports == wanted.reports)
        }
        #expect(tight.engine.usedBytes <= tight.budget.limit)
    }

    @Test func answersAreThoseOfTheFixedBatch() throws {
        let bench = try Bench()
        let prompts = Self.prompts(4)
        let generator = Generator(
            try Transformer(bench.base.transformer.model, team: ThreadTeam(threads: 2)), memoryBytes: 256 << 20)
        let expected = try generator.generate(prompts, GenerationOptions(maxNewTokens: 6, stopTokens: [2]))
        for (prompt, answer) in zip(prompts, expected) {
            #expect(try bench.alone(bench.request(prompt)).tokens == answer.ids)
        }
    }

    @Test func scoresWhatAPromptHolds() throws {
        let bench = try Bench()
        let prompt = Self.prompts(3)[2]
        var request = bench.request(prompt, tokens: 0)
        request.scored = Array(10..<prompt.count)
        request.scoredTop = 1
        let listener = try bench.alone(request)
        #expect(listener.scores.count == prompt.count - 10 && listener.tokens.isEmpty)
        #expect(listener.scores.map(\.token.id) == Array(prompt[10...]))
        let weights = prompt.indices.map { $0 >= 10 ? Float(1) : 0 }
        let tree = TokenTree([TokenSequence(ids: prompt, weights: weights)])
        let losses = try Transformer(bench.base.transformer.model, team: ThreadTeam(threads: 2)).score(tree)
        for (report, loss) in zip(listener.scores, losses) { #expect(abs(report.token.logprob + loss.loss) < 1e-3) }
        // A second time what precedes the scored positions is known.
        let again = try bench.alone(request)
        #expect(again.scores == listener.scores && again.cached == 9)
    }

    /// One row of logits tells the first token of every answer to a question, its last token is never run, and answers
    /// go on in the very step that reads the question.
    @Test func answersToOneQuestionShareWhatTheyBeginWith() throws {
        let prompt = Self.prompts(3)[2]
        func requests(_ bench: Bench, _ answers: [[Int32]]) -> [SequenceRequest] {
            answers.map { answer in
                var request = bench.request(prompt + answer, tokens: 0)
                request.scored = Array(prompt.count..<prompt.count + answer.count)
                return request
            }
        }
        for answers in [[[500], [600], [700]], [[500, 2], [600, 2], [600, 700, 2]]] as [[[Int32]]] {
            let bench = try Bench()
            // Some of the question is known, which is less than all of it.
            _ = try bench.alone(bench.request(Array(prompt.prefix(20)), tokens: 0))
            let together = requests(bench, answers).map { bench.add($0).1 }
            bench.finish()
            #expect(bench.engine.steps == 2 && bench.engine.count == 0)
            for (index, listener) in together.enumerated() {
                let fresh = try Bench()
                let alone = try fresh.alone(requests(fresh, answers)[index])
                #expect(listener.scores == alone.scores && listener.scores.map(\.token.id) == answers[index])
                if case .length? = listener.end {} else { Issue.record("it did not end") }
                #expect(listener.cached >= 0)
            }
        }
    }

    /// Whoever asks the same at the same time begins in the same step, and draws what he would draw alone.
    @Test func choicesOfOneQuestionBeginTogether() throws {
        let prompt = Self.prompts(3)[2]
        let bench = try Bench()
        func requests(_ bench: Bench) -> [SequenceRequest] {
            (0..<4).map { index in
                bench.request(
                    prompt + [Int32](repeating: 700, count: index % 2), tokens: 3, temperature: 0.9, seed: UInt64(index)
                )
            }
        }
        let together = requests(bench).map { bench.add($0).1 }
        _ = bench.engine.step()
        #expect(together.allSatisfy { $0.tokens.count == 1 })
        bench.finish()
        for (index, listener) in together.enumerated() {
            let fresh = try Bench()
            let alone = try fresh.alone(requests(fresh)[index])
            #expect(listener.tokens == alone.tokens && listener.reports == alone.reports)
        }
    }

    /// Answers to a question that is known already have little left to share: each is told of each token once.
    @Test func answersToAKnownQuestionAreToldOnce() throws {
        let bench = try Bench()
        let prompt = Self.prompts(3)[2]
        _ = try bench.alone(bench.request(prompt, tokens: 1))
        let answers: [[Int32]] = [[500, 2], [600, 2], [700, 2], [600, 700, 2]]
        let together = answers.map { answer in
            var request = bench.request(prompt + answer, tokens: 0)
            request.scored = Array(prompt.count..<prompt.count + answer.count)
            return bench.add(request).1
        }
        bench.finish()
        for (answer, listener) in zip(answers, together) {
            #expect(listener.cached > 0)
            #expect(listener.scores.map(\.token.id) == answer)
        }
    }

    @Test func whoLeavesStopsAtTheNextStep() throws {
        let bench = try Bench()
        let (first, told) = bench.add(bench.request(Self.prompts(1)[0], tokens: 50))
        let (_, other) = bench.add(bench.request(Self.prompts(2)[1], tokens: 8))
        for _ in 0..<3 { _ = bench.engine.step() }
        let before = told.tokens.count
        first.isCancelled = true
        _ = bench.engine.step()
        #expect(told.tokens.count == before && bench.engine.count == 1)
        if case .cancelled? = told.end {} else { Issue.record("not cancelled") }
        bench.finish()
        #expect(other.end != nil && bench.engine.count == 0)
        // Who has enough says so.
        let listener = Listener()
        listener.wanted = 2
        bench.engine.add(EngineSequence(bench.request(Self.prompts(1)[0], tokens: 50), listener: listener))
        bench.finish()
        #expect(listener.tokens.count == 2)
    }

    @Test func numbersThatAreNotFiniteFailOneRequest() throws {
        let bench = try Bench()
        let (_, broken) = bench.add(bench.request(Self.prompts(1)[0], try bench.version(9, broken: true)))
        let (_, sound) = bench.add(bench.request(Self.prompts(2)[1]))
        bench.finish()
        if case .failed? = broken.end {} else { Issue.record("it did not fail") }
        #expect(broken.tokens.isEmpty && !sound.tokens.isEmpty)
        let fresh = try Bench()
        #expect(try fresh.alone(fresh.request(Self.prompts(2)[1])).reports == sound.reports)
    }
}
