import ControlGroups
import Foundation
import Nouns
import Platform
import WorkerProtocol

/// What workers and engines of this machine may take of it: a control group each, as far as the daemon was given one.
package struct WorkerRoom: Sendable {
    /// The daemon's control group; nil where it has none.
    let groups: ControlGroups?
    let limits: @Sendable (WorkerRequest) -> ResourceLimits
    let report: @Sendable (Failure?) -> Void

    /// - Parameters:
    ///   - limits: what a piece of work may take.
    ///   - report: is told that no group could be made for a piece of work, and nil where one could.
    package init(
        _ groups: ControlGroups? = nil,
        limits: @escaping @Sendable (WorkerRequest) -> ResourceLimits = { _ in ResourceLimits() },
        report: @escaping @Sendable (Failure?) -> Void = { _ in }
    ) {
        (self.groups, self.limits, self.report) = (groups, limits, report)
    }

    /// Makes the place for a piece of work. Where no group can be made the work is done all the same, without limits.
    func place(of request: WorkerRequest) -> Place {
        let limits = limits(request)
        do {
            let group = try groups?.make("\(request.task.kind.rawValue)-\(request.id)", limits)
            report(nil)
            return Place(group: group, limits: limits)
        } catch {
            report(
                Failure(
                    code: "groups.refused", "No control group could be made for a worker, which works without limits.",
                    at: groups?.folder, remedy: "Restart the daemon; if that does not help, the journal says more.",
                    cause: "\(error)"))
            return Place(group: nil, limits: limits)
        }
    }

    /// Where one worker works.
    struct Place: Sendable {
        let group: WorkGroup?
        let limits: ResourceLimits

        /// Starts a program at the niceness `$0`, in the control group that `$1` lets it enter where that is not empty,
        /// and where `$2` is 1 after everybody else at the disk; what follows is its command.
        private static let script =
            #"{ echo 500 > /proc/self/oom_score_adj; } 2>/dev/null; [ -z "$1" ] || echo 0 > "$1"; idle=$2; shift 2; "#
            + #"[ $idle = 0 ] || ! command -v ionice > /dev/null || set -- ionice -t -c 3 "$@"; "#
            + #"export FINETUNED_EVENTS_FD=3; exec nice -n $(($0 - $(nice))) "$@" 3>&1 1>&2"#

        /// The arguments of a shell that starts a program here. Events go to descriptor 3; what a library prints to
        /// standard output joins standard error.
        ///
        /// Where memory runs out, the kernel is to take the worker and not the daemon, even while the worker is still
        /// small. The shell has the niceness of the thread that started it, whichever that was; the worker has always
        /// the same.
        func command(_ command: [String]) -> [String] {
            let niceness = limits.isIdle ? 19 : Niceness.ofPrograms(Niceness.work)
            return ["-c", Self.script, "\(niceness)", group?.entrance ?? "", limits.isIdle ? "1" : "0"] + command
        }

        /// Whether the kernel counts whom it ends here for want of memory.
        var isCounted: Bool { group?.outOfMemoryKills != nil }

        /// What a worker's end means where the kernel counts whom it ends for want of memory.
        func judge(_ end: WorkerEnd?, of request: WorkerRequest) -> WorkerEnd? {
            // Whoever said what is wrong, or was asked to leave, is believed.
            guard case .died = end, let kills = group?.outOfMemoryKills, kills > 0 else { return end }
            return .died(outOfMemory(request))
        }

        private func outOfMemory(_ request: WorkerRequest) -> Failure {
            let limit = limits.memoryBytes.map { ", which may have \($0 >> 20) MiB (resources.memory_max)" } ?? ""
            let raise =
                limits.memoryBytes == nil
                ? "Give the service or the machine more memory." : "Raise resources.memory_max of the pipeline."
            var failure = Failure(
                code: WorkerEnd.outOfMemory, "The kernel ended the worker for want of memory\(limit).",
                at: request.directory, remedy: raise, cause: WorkerEnd.tail(request.directory))
            // What answers questions keeps its memory, which is no matter of micro-batches.
            guard request.task.kind != .serve else { return failure }
            do {
                if try MemoryReductions.halve(request.memoryBytes, in: request.directory) {
                    let next = max(MemoryReductions.least, (request.memoryBytes ?? MemoryReductions.usual) / 2)
                    failure.message += " It is tried again with micro-batches for \(next >> 20) MiB."
                }
            } catch { failure.cause = [failure.cause, "\(error)"].compactMap(\.self).joined(separator: " ") }
            return failure
        }
    }
}
