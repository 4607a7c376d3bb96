import Synchronization
import Systemd
import TestSupport
import Testing

@Suite struct LeavingTests {
    /// Does what it is told at once, on a thread of Swift's.
    private final class AnyThread: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            let executor = asUnownedTaskExecutor()
            Task.detached { job.runSynchronously(on: executor) }
        }
    }

    private func said(_ receiver: NotifyReceiver) -> [[String]] {
        var lines: [[String]] = []
        while let next = receiver.next() { lines.append(next) }
        return lines
    }

    @Test func moreTimeIsAskedForUntilTheDaemonHasLeft() async throws {
        let receiver = try NotifyReceiver()
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": receiver.address, "WATCHDOG_USEC": "30000"])
        let leaving = Leaving(manager, on: AnyThread(), longest: .seconds(3600)) { _ in
            Issue.record("an hour cannot be over")
        }
        leaving.begin()
        var seen: [[String]] = []
        #expect(
            try await TestSupport.eventually {
                seen += said(receiver)
                return seen.count { $0 == ["EXTEND_TIMEOUT_USEC=30000000"] } >= 3 && seen.contains(["WATCHDOG=1"])
            })
        #expect(seen.first?.first == "STOPPING=1")
        leaving.end()
    }

    @Test func afterItsTimeItIsSaidOnceThatTheDaemonIsOverdueAndNoMoreTimeIsAskedFor() async throws {
        let receiver = try NotifyReceiver()
        let overdue = Mutex<[Duration]>([])
        let leaving = Leaving(
            ServiceManager(environment: ["NOTIFY_SOCKET": receiver.address]), on: AnyThread(), longest: .zero
        ) { limit in overdue.withLock { $0.append(limit) } }
        leaving.begin()
        #expect(try await TestSupport.eventually { overdue.withLock { !$0.isEmpty } })
        #expect(overdue.withLock { $0 } == [.zero])
        #expect(said(receiver).map(\.first) == ["STOPPING=1"])
    }
}
