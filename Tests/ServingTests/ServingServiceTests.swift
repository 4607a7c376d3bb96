import Foundation
import Launching
import Ledger
import Logging
import Monitoring
import Nouns
import Platform
import Settings
import StageKit
import TestSupport
import Testing
import WorkerProtocol

@testable import Serving

/// The daemon's side of serving, with a worker that is within the test.
@Suite(.serialized)
struct ServingServiceTests {
    let sandbox: Sandbox
    let context: StageContext

    init() throws {
        sandbox = try Sandbox()
        try sandbox.pipeline("p", "base = \"tiny\"\n")
        let settings = SettingsFolder.read(sandbox.layout)
        if let problem = settings.problems.first { throw problem }
        try AtomicFile.makeFolder(sandbox.layout.runtime)
        try AtomicFile.makeFolder(sandbox.layout.state)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger), settings: LiveSettings(settings),
            logger: logger)
    }

    func request(_ text: String, caller: String? = "ann", version: VersionID? = nil) -> ServingRequest {
        ServingRequest(
            target: ServingTarget(
                model: ModelReference(basePath: "/b", base: "tiny", baseDigest: "d"), version: version),
            question: ServingQuestion(prompt: text), drawing: ServingDrawing(maxNewTokens: 4), caller: caller)
    }

    @Test func theFirstQuestionStartsTheWorkerAndOthersShareIt() async throws {
        let worker = FakeServingWorker { order, worker in worker.answer(order, "to " + (order.question?.prompt ?? "")) }
        let service = ServingService(context, launcher: worker)
        #expect(worker.starts == 0)
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<8 { group.addTask { try await service.answer(request("\(index)")).text } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(texts == Set((0..<8).map { "to \($0)" }) && worker.starts == 1)
        #expect(service.versionsInUse.isEmpty)
    }

    @Test func whoIsBeingAnsweredWhenItDiesGetsAnErrorAndTheNextStartsItAgain() async throws {
        let worker = FakeServingWorker { order, worker in
            order.question?.prompt == "die"
                ? worker.end(.died(Failure(code: "worker.killed", "Killed."))) : worker.answer(order, "yes")
        }
        let service = ServingService(context, launcher: worker)
        let failure = await #expect(throws: Failure.self) { try await service.answer(request("die", version: "v-1")) }
        #expect(failure?.code == "serving.died" && service.versionsInUse.isEmpty)
        #expect(try await service.answer(request("live")).text == "yes")
        #expect(worker.starts == 2)
    }

    @Test func aWorkerThatCannotStartIsSaidAtOnce() async throws {
        let worker = FakeServingWorker(startFails: { _ in Failure(code: "worker.missing", "It is not there.") }) {
            _, _ in
        }
        let service = ServingService(context, launcher: worker)
        let first = await #expect(throws: Failure.self) { try await service.answer(request("a")) }
        #expect(first?.code == "serving.unavailable" && first?.message.contains("It is not there.") == true)
        // During the pause nobody waits, and nothing is tried.
        let second = await #expect(throws: Failure.self) { try await service.answer(request("b")) }
        #expect(second?.code == "serving.unavailable" && worker.starts == 1)
    }

    @Test func whatIsWrongWithTheModelIsNotTheCallersFault() async throws {
        let worker = FakeServingWorker { order, worker in
            var event = ServingEvent(.failed, id: order.id)
            event.failure = Failure(
                code: order.question?.prompt == "long" ? "request.context" : "model.digest", "It does not do.")
            worker.say(event)
        }
        let service = ServingService(context, launcher: worker)
        let theirs = await #expect(throws: Failure.self) { try await service.answer(request("long")) }
        #expect(theirs?.code == "request.context")
        let ours = await #expect(throws: Failure.self) { try await service.answer(request("x")) }
        #expect(ours?.code == "serving.model.digest" && worker.starts == 1)
    }

    @Test func whatTheWorkerCouldNotReadIsRefusedAtOnce() async throws {
        let worker = FakeServingWorker { _, _ in }
        let service = ServingService(context, launcher: worker)
        let text = String(repeating: "x", count: ServingOrder.longestLine)
        let failure = #expect(throws: Failure.self) { try service.events(request(text)) }
        #expect(failure?.code == "request.too_large" && worker.starts == 0)
    }

    @Test func whatIsAskedAndAnsweredIsCounted() async throws {
        let worker = FakeServingWorker { order, worker in
            order.question?.prompt == "die"
                ? worker.end(.died(Failure(code: "worker.killed", "Killed."))) : worker.answer(order, "yes")
        }
        let meters = context.meters
        let service = ServingService(context, launcher: MeteredLauncher(worker, meters))
        let meter = RequestMeter()
        try await RequestMeter.$current.withValue(meter) { _ = try await service.answer(request("a")) }
        #expect(meter.model == "tiny")
        _ = try await service.answer(request("b", version: "v-1"))
        _ = try? await service.answer(request("die"))
        #expect(meters.observed(.firstToken) == 2)
        #expect(meters.observed(.queueWait) == 3)
        #expect(meters.value(.tokens, "tiny", "completion") > 0)
        #expect(meters.value(.tokens, "version", "prompt") > 0)
        #expect(meters.value(.workersStarted, "serve") == 1)
        #expect(try await TestSupport.eventually { meters.value(.workersDied, "serve") == 1 })
        #expect(service.load == ServingLoad())
    }

    @Test func aFullQueueRefuses() async throws {
        // It answers nobody.
        let worker = FakeServingWorker { _, _ in }
        let service = ServingService(context, launcher: worker)
        var waiting: [AsyncThrowingStream<ServingEvent, any Error>] = []
        let failure = #expect(throws: Failure.self) {
            for index in 0..<1000 { waiting.append(try service.events(request("\(index)"))) }
        }
        #expect(failure?.code == "serving.full")
        // At most half of the queue and what the worker has are one caller's; another is still taken.
        #expect((128...128 + ServingRules.atWork).contains(waiting.count))
        #expect(failure?.retryAfter == 1, "nothing was done yet")
        waiting.append(try service.events(request("other", caller: "bob")))
        let worked = worker
        #expect(try await TestSupport.eventually { worked.orders.count == ServingRules.atWork })
    }

    @Test func aWorkerThatIsToBeKeptIsStartedAgainThoughNobodyAsks() async throws {
        try sandbox.settings("[serving]\npreload = true\n")
        context.settings.replace(SettingsFolder.read(sandbox.layout))
        let worker = FakeServingWorker { order, worker in worker.say(ServingEvent(.done, id: order.id)) }
        let service = ServingService(context, launcher: worker)
        let task = Task { try await service.run() }
        #expect(try await TestSupport.eventually { worker.life.withLock { $0.client >= 0 } })
        worker.end(.died(Failure(code: "worker.killed", "Killed.")))
        #expect(try await TestSupport.eventually { worker.starts >= 2 })
        #expect(try await TestSupport.eventually { context.problems.all().isEmpty }, "it is at work again")
        task.cancel()
        try await task.value
    }

    @Test func whoGoesIsTakenBack() async throws {
        let worker = FakeServingWorker { _, _ in }
        let service = ServingService(context, launcher: worker)
        let task = Task { try await service.answer(request("a", version: "v-1")) }
        #expect(try await TestSupport.eventually { worker.orders.count == 1 })
        #expect(service.versionsInUse == ["v-1"])
        task.cancel()
        #expect(try await TestSupport.eventually { worker.orders.last?.op == .cancel })
        #expect(worker.orders.last?.id == worker.orders.first?.id && service.versionsInUse.isEmpty)
        await #expect(throws: (any Error).self) { try await task.value }
    }

    @Test func namesMeanWhatIsServedNow() throws {
        let names = ServingNames(context)
        let nothing = #expect(throws: Failure.self) { try names.target("nothing") }
        #expect(nothing?.code == "model.unknown" && nothing?.remedy?.contains("p") == true)
        try context.ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 512, layers: 1,
                width: 1, vocabulary: 2, licence: "MIT", tokenizer: "t", tokenizerDigest: "t", format: "gguf",
                files: [FileReference(path: "w.gguf", sha256: "s", bytes: 1)], digest: "d", trainingMemoryBytes: 1))
        #expect(try names.target("tiny").version == nil)
        #expect(try names.target("p").model.adapters.isEmpty)
    }
}
