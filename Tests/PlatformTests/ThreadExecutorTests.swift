import Foundation
import Platform
import Synchronization
import Testing

struct ThreadExecutorTests {
    /// Where the calling code runs.
    private static func thread() -> String {
        (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8).trimmingCharacters(in: .newlines)) ?? ""
    }

    @Test func tasksAndTheirChildrenRunOnItsThreads() async {
        let executor = ThreadExecutor(name: "stage-test", threads: 2)
        let names = await Task(executorPreference: executor) {
            await withTaskGroup(of: String.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        await Task.yield()
                        return Self.thread()
                    }
                }
                return await group.reduce(into: [Self.thread()]) { $0.append($1) }
            }
        }.value
        #expect(names == Array(repeating: "stage-test", count: 9))
    }

    @Test func blockedThreadsOfItsOwnHoldNobodyElse() async {
        let executor = ThreadExecutor(name: "stage-blocked")
        let gate = DispatchSemaphore(value: 0)
        let blocked = Task(executorPreference: executor) { Self.block(gate) }
        // More of them than Swift's pool has threads: these still run.
        for _ in 0..<64 { await Task.yield() }
        gate.signal()
        await blocked.value
    }

    private static func block(_ gate: DispatchSemaphore) { gate.wait() }

    @Test func itsThreadsEndWithIt() async throws {
        func count() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
                (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) == "stage-ends\n"
            }
        }
        do {
            let executor = ThreadExecutor(name: "stage-ends", threads: 3)
            await Task(executorPreference: executor) {}.value
        }
        for _ in 0..<500 where try count() > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try count() == 0)
    }
}
