import Foundation
import ImitatedKernel
import Nouns
import Testing

@testable import ControlGroups

/// Control groups on a folder that imitates the kernel's.
struct ControlGroupsTests {
    @Test func theDaemonMakesRoomAndDividesItsGroup() throws {
        let kernel = try ImitatedKernel()
        let groups = ControlGroups.take(kernel, process: 42)
        #expect(groups.folder == kernel.group && groups.lacks == [])
        #expect(groups.controllers == [.cpu, .io, .memory])
        #expect(kernel.text(kernel.group + "/daemon/cgroup.procs") == "42\n")
        #expect(kernel.text(kernel.group + "/cgroup.procs") == "")
        #expect(
            kernel.written == [
                "daemon/cgroup.procs = 42", "cgroup.subtree_control = +cpu", "cgroup.subtree_control = +io",
                "cgroup.subtree_control = +memory",
            ])
    }

    /// A service manager may start the daemon in a group below the one that it gives.
    @Test func aGroupBelowTheGivenOneIsFine() throws {
        let kernel = try ImitatedKernel()
        try kernel.makeFolder(kernel.group + "/inner")
        try kernel.set("/proc/self/cgroup", "0::/finetuned.slice/finetuned.service/inner\n")
        #expect(ControlGroups.take(kernel, process: 42).folder == kernel.group)
    }

    @Test func whatIsMissingIsSaidWithARemedy() throws {
        func lacks(_ kernel: ImitatedKernel) -> [Failure] { ControlGroups.take(kernel, process: 42).lacks }
        let few = lacks(try ImitatedKernel(controllers: "cpu pids"))
        #expect(few.map(\.code) == ["groups.controller", "groups.controller"])
        #expect(few.map(\.message).joined().contains("no controller io"))
        #expect(few.map(\.message).joined().contains("no controller memory"))
        #expect(lacks(try ImitatedKernel(isDelegated: false)).map(\.code) == ["groups.not_given"])
        let old = try ImitatedKernel()
        try old.set("/proc/self/mountinfo", "24 23 0:20 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")
        #expect(lacks(old).map(\.code) == ["groups.absent"])
        // Another process in the given group keeps it from being divided.
        let shared = try ImitatedKernel()
        try shared.set(shared.group + "/cgroup.procs", "42\n43\n")
        #expect(lacks(shared).count == 3 && lacks(shared).allSatisfy { $0.cause != nil && $0.remedy != nil })
        #expect((few + lacks(old)).allSatisfy { $0.remedy != nil })
    }

    @Test func aGroupNotGivenIsLeftAlone() throws {
        let kernel = try ImitatedKernel(isDelegated: false)
        let groups = ControlGroups.take(kernel, process: 42)
        #expect(groups.folder == nil && kernel.written == [])
        #expect(try groups.make("train-r-000001", ResourceLimits()) == nil)
    }

    @Test func limitsAreWritten() throws {
        let kernel = try ImitatedKernel()
        let groups = ControlGroups.take(kernel, process: 42)
        let before = kernel.written.count
        var limits = ResourceLimits()
        (limits.memoryBytes, limits.cpuWeight, limits.ioWeight) = (1 << 30, 50, 20)
        let group = try #require(try groups.make("train-r-000001/../x", limits))
        let name = "work-train-r-000001----x-1"
        #expect(group.folder == kernel.group + "/" + name)
        #expect(
            kernel.written.dropFirst(before) == [
                "\(name)/memory.oom.group = 1", "\(name)/memory.max = 1073741824", "\(name)/memory.swap.max = 0",
                "\(name)/cpu.weight = 50", "\(name)/io.weight = 20",
            ])
    }

    @Test func idleWorkComesLast() throws {
        let kernel = try ImitatedKernel()
        let groups = ControlGroups.take(kernel, process: 42)
        let before = kernel.written.count
        var limits = ResourceLimits()
        limits.isIdle = true
        _ = try groups.make("t", limits)
        #expect(
            kernel.written.dropFirst(before) == [
                "work-t-1/memory.oom.group = 1", "work-t-1/cpu.idle = 1", "work-t-1/io.weight = 1",
            ])
    }

    /// A disk's scheduler with weights of its own has its own file, whose largest number is smaller; others heed none.
    @Test(arguments: [("io.weight", "5000\n"), ("io.bfq.weight", "1000\n"), (nil, nil)])
    func theDisksSchedulerDecides(_ file: String?, _ text: String?) throws {
        let kernel = try ImitatedKernel(controllers: "io", weights: file)
        var limits = ResourceLimits()
        limits.ioWeight = 5000
        let group = try #require(try ControlGroups.take(kernel, process: 42).make("a", limits))
        #expect(file.flatMap { kernel.text(group.folder + "/" + $0) } == text)
    }

    @Test func endsAreCountedAndGroupsGo() async throws {
        let kernel = try ImitatedKernel()
        let groups = ControlGroups.take(kernel, process: 42)
        let group = try #require(try groups.make("t", ResourceLimits()))
        #expect(group.outOfMemoryKills == 0)
        try kernel.set(group.folder + "/memory.events", "oom 3\noom_kill 2\noom_group_kill 1\n")
        #expect(group.outOfMemoryKills == 2)
        // What is left in it is killed first.
        try kernel.write("77", to: group.entrance)
        #expect(group.isOccupied)
        await group.close()
        #expect(kernel.written.last == "work-t-1/cgroup.kill = 1")
        #expect(!kernel.names(in: kernel.group).contains("work-t-1"))
        let blind = ControlGroups.take(try ImitatedKernel(controllers: "cpu"), process: 42)
        #expect(try blind.make("t", ResourceLimits())?.outOfMemoryKills == nil)
    }

    /// What the daemon starts for people is not weighed with the daemon.
    @Test func programsLeaveTheDaemonsGroup() throws {
        let kernel = try ImitatedKernel()
        _ = ControlGroups.take(kernel, process: 42)
        let before = kernel.written
        try kernel.set("/proc/self/cgroup", "0::/finetuned.slice/finetuned.service/work-train-1\n")
        ControlGroups.enterPrograms(kernel)
        #expect(kernel.written == before)
        try kernel.set("/proc/self/cgroup", "0::/finetuned.slice/finetuned.service/daemon\n")
        ControlGroups.enterPrograms(kernel)
        #expect(kernel.written.last == "programs/cgroup.procs = 0")
    }

    @Test func whatAKilledDaemonLeftIsRemoved() throws {
        let kernel = try ImitatedKernel()
        try kernel.makeFolder(kernel.group + "/work-old-7")
        try kernel.write("99", to: kernel.group + "/work-old-7/cgroup.procs")
        _ = ControlGroups.take(kernel, process: 42)
        #expect(kernel.names(in: kernel.group).contains("daemon"))
        #expect(!kernel.names(in: kernel.group).contains("work-old-7"))
    }
}
