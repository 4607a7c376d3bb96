import Foundation
import Nouns
import Platform
import Synchronization

/// The control group of version 2 that the service manager has given the daemon, with one below it for the daemon
/// itself and one for each piece of work.
///
/// A group may hold processes or divide what it has among groups, not both, so the daemon leaves the group that it was
/// started in for one of its own. Where no group was given, or a controller is missing, work goes on without, and
/// ``lacks`` says what that means.
package final class ControlGroups: Sendable {
    /// What of a machine a group can divide.
    package enum Controller: String, CaseIterable, Sendable {
        case cpu, io, memory
    }

    /// The group that was given; nil where there is none.
    package let folder: String?
    /// What it divides.
    package let controllers: Set<Controller>
    /// What cannot be done and why, a sentence with its remedy each; empty where nothing is missing.
    package let lacks: [Failure]

    let files: any KernelFiles
    private let count = Atomic<Int>(0)

    /// Groups of work have names that begin so.
    static let prefix = "work-"
    /// The daemon's own group.
    package static let own = "daemon"
    /// The group in which hooks, canaries, evaluators and readers of data stand together.
    static let programs = "programs"

    init(_ files: any KernelFiles, folder: String?, controllers: Set<Controller>, lacks: [Failure]) {
        (self.files, self.folder, self.controllers, self.lacks) = (files, folder, controllers, lacks)
    }

    /// Takes the group that this process was given: moves the process into a group of its own below it, has the
    /// controllers divide it, and removes groups that a killed daemon left.
    ///
    /// - Parameter process: the daemon's number.
    package static func take(_ files: any KernelFiles, process: Int32) -> ControlGroups {
        func none(_ failure: Failure) -> ControlGroups {
            ControlGroups(files, folder: nil, controllers: [], lacks: [failure])
        }
        guard let place = place(files) else { return none(notThere) }
        guard let folder = given(place, files) else { return none(notGiven) }
        let groups = folder + "/"
        do {
            for name in [own, programs] { try files.makeFolder(groups + name) }
            try files.write("\(process)", to: groups + own + "/cgroup.procs")
        } catch {
            return none(
                Failure(
                    code: "groups.refused", "Workers have no control groups of their own: none can be made.",
                    at: folder, remedy: remedy, cause: "\(error)"))
        }
        for name in files.names(in: folder) where name.hasPrefix(prefix) {
            WorkGroup(files: files, folder: groups + name).remove()
        }
        return divide(folder, files)
    }

    /// Has every controller that is there divide a group.
    private static func divide(_ folder: String, _ files: any KernelFiles) -> ControlGroups {
        let there = Set((files.text(folder + "/cgroup.controllers") ?? "").split(whereSeparator: \.isWhitespace))
        var controllers: Set<Controller> = []
        var lacks: [Failure] = []
        for controller in Controller.allCases {
            guard there.contains(Substring(controller.rawValue)) else {
                lacks.append(missing(controller, nil))
                continue
            }
            do {
                try files.write("+\(controller.rawValue)", to: folder + "/cgroup.subtree_control")
                controllers.insert(controller)
            } catch { lacks.append(missing(controller, "\(error)")) }
        }
        if controllers.contains(.cpu) {
            // Whoever asks is answered, however many workers compute. A kernel that refuses it changes no more than
            // that.
            try? files.write("300", to: "\(folder)/\(own)/cpu.weight")
        }
        return ControlGroups(files, folder: folder, controllers: controllers, lacks: lacks)
    }

    /// Makes a group for a piece of work, with its limits as far as its controllers are there; nil where no group was
    /// given. Throws a FileFailure where the group cannot be made or bounded.
    ///
    /// - Parameter name: what it is for, such as `train-r-000001`.
    package func make(_ name: String, _ limits: ResourceLimits) throws -> WorkGroup? {
        guard let folder else { return nil }
        let plain = name.unicodeScalars.map { Self.isPlain($0) ? String($0) : "-" }.joined()
        let number = count.add(1, ordering: .relaxed).newValue
        let group = WorkGroup(
            files: files, folder: "\(folder)/\(Self.prefix)\(plain.prefix(80))-\(number)")
        try files.makeFolder(group.folder)
        do { try bound(group, limits) } catch {
            group.remove()
            throw error
        }
        return group
    }

    /// Takes this process out of the daemon's own group into that of its programs, where it is a program that the
    /// daemon has just started; a worker stands in a group of its own already. It runs all the same where that is
    /// refused.
    package static func enterPrograms(_ files: any KernelFiles) {
        guard let place = place(files), place.hasSuffix("/" + own) else { return }
        let group = place.dropLast(own.count) + programs
        if files.text(group + "/cgroup.events") != nil { try? files.write("0", to: group + "/cgroup.procs") }
    }

    private static func isPlain(_ letter: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(letter) || ("A"..."Z").contains(letter) || ("0"..."9").contains(letter)
    }

    private func bound(_ group: WorkGroup, _ limits: ResourceLimits) throws {
        if controllers.contains(.memory) {
            // What an engine started goes with it, rather than a part of it that the rest would wait for.
            try group.write("1", "memory.oom.group")
            if let bytes = limits.memoryBytes {
                try group.write("\(bytes)", "memory.max")
                // Without this it would swap what goes beyond; a kernel without swap has no such file.
                if group.has("memory.swap.max") { try group.write("0", "memory.swap.max") }
            }
        }
        if controllers.contains(.cpu) {
            if limits.isIdle, group.has("cpu.idle") {
                try group.write("1", "cpu.idle")
            } else {
                try group.write("\(limits.isIdle ? 1 : limits.cpuWeight)", "cpu.weight")
            }
        }
        // A kernel has a file for each scheduler of disks that heeds weights, and may have none.
        if controllers.contains(.io), let file = ["io.weight", "io.bfq.weight"].first(where: group.has) {
            // The older of the two goes to 1000 only.
            let most = file == "io.weight" ? 10_000 : 1000
            try group.write("\(limits.isIdle ? 1 : min(limits.ioWeight, most))", file)
        }
    }
}
