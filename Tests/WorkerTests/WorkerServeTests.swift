import Foundation
import Nouns
import TestSupport
import Testing
import WorkerProtocol

/// A serving worker over its socket.
@Suite(.serialized)
struct WorkerServeTests {
    let bench: WorkerBench

    init() throws { bench = try WorkerBench() }

    func serve(_ context: Int? = nil) async throws -> (worker: ChildProgram, client: ServingClient) {
        let worker = try bench.start("s", .serve(ServeTask(context: context)), memoryBytes: 256 << 20)
        return (worker, try await ServingClient(bench.folder + "/s/serve.sock"))
    }

    func order(_ id: String, _ text: String, _ drawing: ServingDrawing) throws -> ServingOrder {
        ServingOrder(
            .generate, id: id, model: try WorkerBench.base(),
            question: ServingQuestion(messages: [Message(role: "user", content: text)]), drawing: drawing)
    }

    @Test func answersStreamAndAreThoseOfTheGenerateTask() async throws {
        let prompts = ["Which sound does the cat make?", "Name a colour.", "Write three words."]
        let task = GenerateTask(
            model: try WorkerBench.base(), conversations: prompts.map { [Message(role: "user", content: $0)] },
            maxNewTokens: 12)
        try await bench.run("g", .generate(task))
        let expected = try #require(try bench.result("g").outputs).sorted { $0.index < $1.index }
        let (worker, client) = try await serve()
        for (index, prompt) in prompts.enumerated() {
            try client.send(order("\(index)", prompt, ServingDrawing(maxNewTokens: 12, logprobs: 2)))
        }
        let told = try client.all(Set(prompts.indices.map { "\($0)" }))
        for (index, output) in expected.enumerated() {
            let events = try #require(told["\(index)"])
            #expect(events.text() == output.text && events.began?.promptTokens == output.promptTokens)
            #expect(events.compactMap(\.ended).map(\.finish) == [output.finish])
            let tokens = events.compactMap(\.tokens).flatMap(\.self)
            #expect(tokens.count == output.tokens && tokens.allSatisfy { $0.top?.count == 2 })
            // The bytes of the tokens make the text.
            #expect(String(decoding: tokens.flatMap(\.bytes), as: UTF8.self) == output.text)
            #expect(events.filter { $0.event == .text }.count > 1, "an answer comes piece by piece")
        }
        // Once more, on another connection: all of it is known, and nothing changes.
        let other = try await ServingClient(bench.folder + "/s/serve.sock")
        try other.send(order("x", prompts[1], ServingDrawing(maxNewTokens: 12, logprobs: 2)))
        let again = try #require(try other.all(["x"])["x"])
        #expect(again.text() == expected[1].text)
        #expect(again.compactMap(\.tokens).flatMap(\.self) == told["1"]?.compactMap(\.tokens).flatMap(\.self))
        #expect(again.began?.cachedTokens == expected[1].promptTokens - 1)
        worker.signal(SIGTERM)
        #expect(try await worker.wait(seconds: 240) == .exited(0))
    }

    @Test func whatIsWrongIsSaidOfTheOrderAlone() async throws {
        let (worker, client) = try await serve(64)
        try client.send(line: Data("no order".utf8))
        #expect(try client.next().failure?.code == "request.invalid")
        func failure(_ order: ServingOrder) throws -> Failure? {
            try client.send(order)
            return try client.all([order.id])[order.id]?.failure
        }
        let long = String(repeating: "word ", count: 100)
        let tooLong = try failure(order("a", long, ServingDrawing()))
        #expect(tooLong?.code == "request.context" && tooLong?.message.contains("64") == true)
        #expect(try failure(order("b", "x", ServingDrawing(temperature: -1)))?.code == "request.value")
        #expect(try failure(ServingOrder(.generate, id: "c", model: try WorkerBench.base()))?.code == "request.missing")
        let nowhere = ModelReference(basePath: bench.folder + "/none.gguf", base: "none", baseDigest: "")
        let absent = try failure(
            ServingOrder(.generate, id: "d", model: nowhere, question: ServingQuestion(prompt: "x")))
        #expect(absent?.place?.contains("none.gguf") == true)
        // Stop texts may begin in one token and end in another; what may be one is held back.
        try client.send(order("whole", "Count from one to five.", ServingDrawing(maxNewTokens: 24)))
        let whole = try #require(try client.all(["whole"])["whole"]).text()
        let stop = String(whole.dropFirst(whole.count / 3).prefix(4))
        try client.send(order("cut", "Count from one to five.", ServingDrawing(maxNewTokens: 24, stop: [stop])))
        let cut = try #require(try client.all(["cut"])["cut"])
        let range = try #require(whole.range(of: stop))
        #expect(cut.text() == String(whole[..<range.lowerBound]))
        #expect(cut.compactMap(\.ended).map(\.finish) == ["stop"])
        worker.signal(SIGTERM)
        #expect(try await worker.wait(seconds: 240) == .exited(0))
    }

    @Test func drawsFollowTheirSeedAndCancelledOnesLeave() async throws {
        let (worker, client) = try await serve()
        let drawing = ServingDrawing(maxNewTokens: 10, temperature: 1, topP: 0.95, seed: 7, choices: 3)
        for id in ["a", "b"] { try client.send(order(id, "Tell me something.", drawing)) }
        var fresh = drawing
        fresh.seed = nil
        try client.send(order("c", "Tell me something.", fresh))
        let told = try client.all(["a", "b", "c"])
        let (a, b, c) = (told["a"] ?? [], told["b"] ?? [], told["c"] ?? [])
        #expect((0..<3).map(a.text) == (0..<3).map(b.text))
        #expect(Set((0..<3).map(a.text)).count > 1, "choices are drawn apart")
        #expect(a.began?.seed == 7 && c.began?.seed != nil && c.began?.seed != 7)
        // A long answer is taken back; what follows is answered.
        try client.send(order("long", "Write a very long story.", ServingDrawing(maxNewTokens: 2000)))
        while try client.next().event != .text {}
        try client.send(ServingOrder(.cancel, id: "long"))
        try client.send(ServingOrder(.state, id: "state"))
        let after = try client.all(["long", "state"])
        #expect(after["long"]?.failure?.code == "request.cancelled")
        #expect(after["state"]?.compactMap(\.state).first?.models.count == 1)
        // How likely answers are, with their end of turn: a distribution over what was asked, less than all there is.
        try client.send(
            ServingOrder(
                .score, id: "score", model: try WorkerBench.base(),
                question: ServingQuestion(prompt: "Is the sky blue? Answer yes or no."),
                answers: ["Yes.", "Purple elephants.", "Yes."]))
        let scores = try #require(try client.all(["score"])["score"]?.compactMap(\.scores).first)
        #expect(scores.count == 3 && scores[0] == scores[2] && scores[0] > scores[1])
        worker.signal(SIGTERM)
        #expect(try await worker.wait(seconds: 240) == .exited(0))
    }
}
