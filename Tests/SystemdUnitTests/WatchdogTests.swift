import Synchronization
import Systemd
import TestSupport
import Testing

@Suite struct WatchdogTests {
    private struct Sick: Error {}

    private func manager(_ receiver: NotifyReceiver) -> ServiceManager {
        ServiceManager(environment: ["NOTIFY_SOCKET": receiver.address, "WATCHDOG_USEC": "180000"])
    }

    private func count(_ receiver: NotifyReceiver) -> Int {
        var count = 0
        while receiver.next() == ["WATCHDOG=1"] { count += 1 }
        return count
    }

    @Test func feedsWhileTheCheckPasses() async throws {
        let receiver = try NotifyReceiver()
        let watchdog = Watchdog(manager(receiver), check: {}, failed: { _ in })
        #expect(watchdog.interval == .milliseconds(30))
        let task = Task { try await watchdog.run() }
        var seen = 0
        #expect(
            try await TestSupport.eventually {
                seen += count(receiver)
                return seen >= 3
            })
        task.cancel()
        try await task.value
    }

    @Test func leavesOutTheKeepAliveOfAFailedCheckAndGoesOn() async throws {
        let receiver = try NotifyReceiver()
        let checks = Atomic(0)
        let failures = Atomic(0)
        let watchdog = Watchdog(
            manager(receiver),
            check: { if checks.add(1, ordering: .relaxed).newValue <= 2 { throw Sick() } },
            failed: { _ in failures.add(1, ordering: .relaxed) })
        let task = Task { try await watchdog.run() }
        #expect(try await TestSupport.eventually { checks.load(ordering: .relaxed) >= 4 })
        task.cancel()
        try await task.value
        #expect(failures.load(ordering: .relaxed) == 2)
        #expect(count(receiver) == checks.load(ordering: .relaxed) - 2)
    }

    @Test func aCheckThatHangsSendsNothing() async throws {
        let receiver = try NotifyReceiver()
        let watchdog = Watchdog(
            manager(receiver), check: { try await Task.sleep(for: .seconds(3600)) }, failed: { _ in })
        let task = Task { try await watchdog.run() }
        try await Task.sleep(for: .milliseconds(200))
        #expect(count(receiver) == 0)
        task.cancel()
        try await task.value
    }
}
