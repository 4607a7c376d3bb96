import Foundation
import Launching
import Nouns
import Platform
import Synchronization
import TestSupport
import WorkerProtocol

/// A launcher whose work outlives it: a process of its own session, found again by its number, its events read from
/// `events.jsonl`.
final class DetachedLauncher: WorkerLauncher {
    private let program: String
    private let left = Mutex<Set<String>>([])
    /// How often work was begun anew.
    let begun = Atomic<Int>(0)

    init(program: String) { self.program = program }

    func submit(_ request: WorkerRequest) async throws -> WorkHandle {
        let folder = request.directory
        if let present = Self.work(in: folder), Self.isAlive(present) { return present }
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(try ContractCoding.pretty(request), to: folder + "/request.json")
        let offset = EventReader.events(in: folder).count
        begun.add(1, ordering: .relaxed)
        let script = #"setsid "$0" "$1" </dev/null >/dev/null 2>&1 & echo "$! $2" >"$3.new"; mv "$3.new" "$3""#
        let starter = try ChildProgram(
            "sh", ["-c", script, program, folder + "/request.json", "\(offset)", folder + "/work"],
            output: folder + "/stderr.log")
        guard try await starter.wait() == .exited(0), let work = Self.work(in: folder) else {
            throw WorkerEnd.died(Failure(code: "worker.not_started", "It did not start.", at: program))
        }
        return work
    }

    /// Whether the process is there and has not ended; one that nobody has waited for has.
    private static func isAlive(_ handle: WorkHandle) -> Bool {
        let status = try? String(contentsOfFile: "/proc/\(parts(handle).process)/stat", encoding: .utf8)
        return status.map { !$0.contains(") Z ") } ?? false
    }

    /// The last work that was begun in a folder: the process, and how many events were there before it.
    private static func work(in folder: String) -> WorkHandle? {
        guard let text = try? String(contentsOfFile: folder + "/work", encoding: .utf8) else { return nil }
        return WorkHandle(
            launcher: "detached", id: text.trimmingCharacters(in: .whitespacesAndNewlines), directory: folder)
    }

    private static func parts(_ handle: WorkHandle) -> (process: pid_t, offset: Int) {
        let parts = handle.id.split(separator: " ").compactMap { Int($0) }
        return parts.count == 2 ? (pid_t(parts[0]), parts[1]) : (0, 0)
    }

    func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? {
        guard handle.launcher == "detached" else { return nil }
        let offset = Self.parts(handle).offset
        let (stream, feed) = AsyncThrowingStream<WorkerEvent, any Error>.makeStream()
        Task {
            var given = offset
            while true {
                let isAlive = Self.isAlive(handle)
                let events = EventReader.events(in: handle.directory)
                for event in events.dropFirst(given) { feed.yield(event) }
                given = max(given, events.count)
                if events.dropFirst(offset).contains(where: { $0.result != nil }) { return feed.finish() }
                if self.left.withLock({ $0.contains(handle.id) }) { return feed.finish() }
                if !isAlive { return feed.finish(throwing: WorkerEnd.interrupted) }
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        return stream
    }

    func stop(_ handle: WorkHandle) async { kill(Self.parts(handle).process, WorkerSignal.stop) }
    func cancel(_ handle: WorkHandle) async { kill(Self.parts(handle).process, WorkerSignal.cancel) }
    func leave(_ handle: WorkHandle) async { left.withLock { _ = $0.insert(handle.id) } }
}
