import Foundation
import Nouns
import Places
import WorkerProtocol

/// Writes events as JSON lines to the descriptor that `FINETUNED_EVENTS_FD` names, where it names one, and to
/// `events.jsonl` in the request's folder.
///
/// A reader that has gone away counts as a request to stop: a worker that nobody watches leaves a checkpoint and goes.
final class EventWriter {
    private let folder: WorkFolder
    private let attempt: Int?
    private let pipe: Int32?
    private let file: Int32
    private var fault = FaultInjection.fromEnvironment()
    private var fileFailed = false
    /// Whether another program reads the events as they come.
    var isWatched: Bool { pipe != nil }

    /// Opens `events.jsonl` for appending: a resumed run goes on in the same file.
    ///
    /// - Parameter attempt: the number of this attempt, where the request names one.
    init(folder: String, attempt: Int? = nil) throws {
        self.folder = WorkFolder(folder)
        self.attempt = attempt
        pipe = Self.descriptor()
        if let pipe { _ = fcntl(pipe, F_SETFD, FD_CLOEXEC) }
        file = open(WorkFolder(folder).events, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw WorkerFault(
                .cannotWrite,
                Failure(
                    code: "worker.unwritable", "The request's folder cannot be written.", at: WorkFolder(folder).events,
                    remedy: "Check that the folder exists, its permissions, and the space on the disk.",
                    cause: String(cString: strerror(errno))))
        }
    }

    deinit { close(file) }

    /// Where the parent reads events; nil where nobody does.
    private static func descriptor() -> Int32? {
        ProcessInfo.processInfo.environment[WorkerEvent.descriptorVariable].flatMap(Int32.init)
            .flatMap { $0 > 2 && fcntl($0, F_GETFD) >= 0 ? $0 : nil }
    }

    /// Tells the parent by which status the program leaves where there is no folder to write into.
    static func end(_ exit: WorkerExit, saying failure: Failure?, attempt: Int? = nil) {
        guard let pipe = descriptor() else { return }
        var events: [WorkerEvent] = []
        if let failure {
            var event = WorkerEvent(.failed)
            event.failure = failure
            events.append(event)
        }
        var event = WorkerEvent(.ended)
        event.status = exit.rawValue
        events.append(event)
        for var event in events {
            event.attempt = attempt
            // The parent that would read it may be gone; the exit status says the same.
            guard let line = try? ContractCoding.encode(event) + Data([10]) else { continue }
            line.withUnsafeBytes { _ = Foundation.write(pipe, $0.baseAddress, $0.count) }
        }
    }

    /// Writes one event. Where another attempt has the folder the program leaves at once, and writes nothing more
    /// there.
    func write(_ said: WorkerEvent) {
        var event = said
        event.attempt = attempt
        if let attempt, let current = folder.currentAttempt, current != attempt { leave(to: current) }
        fault?.before(event.event)
        // Encoding fails for numbers that JSON lacks (NaN); the event is then told without its figures.
        let data =
            (try? ContractCoding.encode(event)) ?? (try? ContractCoding.encode(WorkerEvent(event.event))) ?? Data()
        let line = data + Data("\n".utf8)
        if let pipe, !put(line, to: pipe), errno == EPIPE { StopRequest.make() }
        if !put(line, to: file), !fileFailed {
            fileFailed = true
            var warning = WorkerEvent(.warning)
            warning.warning = Failure(
                code: "worker.events", "events.jsonl cannot be written; events go on through the pipe alone.",
                remedy: "Free space on the disk.", cause: String(cString: strerror(errno)))
            if let pipe, let data = try? ContractCoding.encode(warning) { _ = put(data + Data("\n".utf8), to: pipe) }
        }
        fault?.after(event.event)
    }

    /// Ends the program because another attempt has the folder.
    private func leave(to other: Int) -> Never {
        Self.end(
            .peerLost,
            saying: Failure(
                code: "engine.fenced", "The attempt \(other) at this work was started after this one.", at: folder.path,
                remedy: "Nothing needs to be done: the later one goes on."), attempt: attempt)
        _exit(WorkerExit.peerLost.rawValue)
    }

    /// Tells of a new stage.
    func stage(_ name: String) {
        var event = WorkerEvent(.stage)
        event.stage = name
        write(event)
    }

    /// Tells how far a stage has come.
    func progress(_ done: Int, of total: Int, _ unit: String) {
        var event = WorkerEvent(.progress)
        event.progress = ProgressReport(done: done, total: total, unit: unit)
        write(event)
    }

    /// Tells of something that does not stop the work.
    func warn(_ failure: Failure) {
        var event = WorkerEvent(.warning)
        event.warning = failure
        write(event)
    }

    private func put(_ data: Data, to descriptor: Int32) -> Bool {
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    return false
                }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }
}
