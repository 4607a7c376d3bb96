import Foundation
import Systemd
import Testing

@Suite struct ServiceManagerTests {
    private func manager(_ receiver: NotifyReceiver, _ more: [String: String] = [:]) -> ServiceManager {
        ServiceManager(environment: ["NOTIFY_SOCKET": receiver.address].merging(more) { $1 }, processID: 4711)
    }

    @Test(arguments: [false, true]) func readinessAndStatusTravelInOneDatagram(abstract: Bool) throws {
        let receiver = try NotifyReceiver(abstract: abstract)
        #expect(manager(receiver).ready(status: "2 pipelines, idle"))
        #expect(receiver.next() == ["READY=1", "STATUS=2 pipelines, idle"])
        #expect(receiver.next() == nil)
    }

    @Test func statusIsSentWhenItChangesOnly() throws {
        let receiver = try NotifyReceiver()
        let manager = manager(receiver)
        manager.status("idle")
        manager.status("idle")
        manager.status("training r-1")
        #expect(receiver.next() == ["STATUS=idle"])
        #expect(receiver.next() == ["STATUS=training r-1"])
        #expect(receiver.next() == nil)
    }

    @Test func aStatusCannotSmuggleInAnotherAssignment() throws {
        let receiver = try NotifyReceiver()
        manager(receiver).status("bad file name\nMAINPID=1\r\nREADY=1")
        #expect(receiver.next() == ["STATUS=bad file name ⏎ MAINPID=1 ⏎ READY=1"])
    }

    @Test func reloadingTellsTheMonotonicTime() throws {
        let receiver = try NotifyReceiver()
        let before = DispatchTime.now().uptimeNanoseconds / 1_000
        manager(receiver).reloading()
        let after = DispatchTime.now().uptimeNanoseconds / 1_000
        let lines = try #require(receiver.next())
        #expect(lines.first == "RELOADING=1")
        let time = try #require(lines.last.flatMap { UInt64($0.dropFirst("MONOTONIC_USEC=".count)) })
        #expect(time >= before && time <= after)
    }

    @Test func stoppingExtendingAndKeepingAlive() throws {
        let receiver = try NotifyReceiver()
        let manager = manager(receiver)
        manager.stopping(status: "writing a checkpoint of r-1")
        manager.extendTimeout(by: .milliseconds(2500))
        manager.extendTimeout(by: .seconds(Int64.max))
        manager.keepAlive()
        #expect(receiver.next() == ["STOPPING=1", "STATUS=writing a checkpoint of r-1"])
        #expect(receiver.next() == ["EXTEND_TIMEOUT_USEC=2500000"])
        #expect(receiver.next() == ["EXTEND_TIMEOUT_USEC=\(Int64.max)"])
        #expect(receiver.next() == ["WATCHDOG=1"])
    }

    @Test func nothingHappensWithoutAManager() {
        let manager = ServiceManager(environment: [:])
        #expect(!manager.isPresent)
        #expect(!manager.ready() && !manager.status("x") && !manager.keepAlive() && !manager.stopping())
        #expect(manager.watchdogTimeout == nil)
    }

    @Test(arguments: [
        "", "/", "@", "relative/path", "vsock:2:1234", "/" + String(repeating: "x", count: 200),
        "/no/such/folder/socket",
    ])
    func anUnusableAddressIsNoFault(address: String) {
        #expect(!ServiceManager(environment: ["NOTIFY_SOCKET": address]).ready())
    }

    @Test func aManagerThatHasGoneIsNoFault() throws {
        var receiver: NotifyReceiver? = try NotifyReceiver()
        let manager = manager(try #require(receiver))
        receiver = nil
        #expect(!manager.keepAlive())
    }

    @Test(arguments: [
        (["WATCHDOG_USEC": "30000000"], Duration.seconds(30)),
        (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "4711"], .seconds(30)),
        (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"], nil),
        (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "me"], nil),
        (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "-5"], nil), (["WATCHDOG_USEC": "soon"], nil),
        (["WATCHDOG_USEC": "99999999999999999999"], nil), ([:], nil),
    ])
    func watchdogTimeout(environment: [String: String], expected: Duration?) {
        #expect(ServiceManager(environment: environment, processID: 4711).watchdogTimeout == expected)
    }
}
