import Nouns
import OperationsScene
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// Numbers that several tasks count.
private final class Count: Sendable {
    private let value = Mutex<(now: Int, most: Int, all: Int)>((0, 0, 0))
    var most: Int { value.withLock { $0.most } }
    var all: Int { value.withLock { $0.all } }
    func enter() -> Int {
        value.withLock {
            $0.now += 1
            $0.all += 1
            $0.most = max($0.most, $0.now)
            return $0.all
        }
    }
    func leave() { value.withLock { $0.now -= 1 } }
}

/// However many people ask at once, one worker is started for them at a time.
struct ServiceDeskTests {
    let scene: OperationsScene
    init() throws { scene = try OperationsScene() }

    @Test func thirtyRequestsAtOnceLoadOneModelAtATime() async throws {
        let desk = ServiceDesk(scene.context, freeMemory: { .max })
        let count = Count()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    try await desk.serve {
                        _ = count.enter()
                        await Task.yield()
                        count.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(count.most == 1 && count.all == 30)
        #expect(desk.count == 0)
    }

    @Test func beyondTheSeatsPeopleAreTold() async throws {
        let desk = ServiceDesk(scene.context, freeMemory: { .max })
        let gate = Bell()
        let waiting = (0...ServiceDesk.seats).map { _ in
            Task { try await desk.serve { await gate.wait(atMost: .seconds(300)) } }
        }
        #expect(try await TestSupport.eventually { desk.count == ServiceDesk.seats + 1 })
        let failure = await #expect(throws: Failure.self) { try await desk.serve {} }
        #expect(failure?.code == "daemon.busy")
        // Whoever came first is served first, in whatever order the tasks began.
        #expect(
            try await TestSupport.eventually {
                gate.ring()
                return desk.count == 0
            })
        for task in waiting { try await task.value }
        try await desk.serve {}
    }

    @Test func whoGoesAwayGivesTheSeatBack() async throws {
        let desk = ServiceDesk(scene.context, freeMemory: { .max })
        let gate = Bell()
        let first = Task { try await desk.serve { await gate.wait(atMost: .seconds(300)) } }
        #expect(try await TestSupport.eventually { desk.count == 1 })
        let second = Task { try await desk.serve {} }
        #expect(try await TestSupport.eventually { desk.count == 2 })
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(desk.count == 1)
        gate.ring()
        try await first.value
        try await desk.serve {}
    }

    @Test func aWorkerIsStartedOnceThereIsMemory() async throws {
        let asked = Count()
        let desk = ServiceDesk(scene.context, freeMemory: { asked.enter() < 2 ? 0 : .max })
        try await desk.serve {}
        #expect(asked.all == 2)
    }
}
