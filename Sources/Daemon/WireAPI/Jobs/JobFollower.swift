import ControlProtocol
import Foundation
import Nouns
import StageKit
import WorkerProtocol

/// Tells what happens to a job as it happens, from its beginning to its end.
actor JobFollower {
    /// How often it looks: steps come faster, and are told together then.
    private static let interval = Duration.milliseconds(300)
    /// Bytes of a worker's events that are read at once.
    private static let piece = 64 << 10

    private let jobs: WireJobs
    private let id: JobID
    private var waiting: [JobHappening] = []
    private var told: [JobHappening.Source: Int] = [:]
    private var reader = EventReader()
    private var offset: UInt64 = 0
    /// The worker's next event.
    private var number = 0
    private var isDone = false

    init(_ jobs: WireJobs, _ id: JobID) {
        self.jobs = jobs
        self.id = id
    }

    /// The next event; nil after the last.
    func next() async throws -> ServerEvent? {
        while waiting.isEmpty {
            if isDone { return nil }
            let (isOver, hasMore) = try look()
            guard waiting.isEmpty, !hasMore else { continue }
            if isOver {
                isDone = true
                return .done
            }
            try await Task.sleep(for: Self.interval)
        }
        return try ServerEvent(waiting.removeFirst().object(of: id))
    }

    /// Takes what has happened since the last look; says whether the job is over, and whether more is there already.
    private func look() throws -> (isOver: Bool, hasMore: Bool) {
        guard let job = try jobs.context.ledger.job(id) else { return (true, false) }
        let run = try jobs.run(job)
        // Asked before what is read, so that all of it is read once it is over.
        let isOver = jobs.status(job, run).isOver
        var found = JobHappening.of(job)
        var hasMore = false
        if let run {
            found += JobHappening.of(run, try jobs.context.ledger.transitions(run.id))
            let (events, isCut) = try read(run.id)
            found += events
            hasMore = isCut
        }
        waiting = found.filter { $0.index >= told[$0.source, default: 0] }.sorted { $0.precedes($1) }
        for happening in waiting {
            told[happening.source] = max(told[happening.source, default: 0], happening.index + 1)
        }
        return (isOver, hasMore)
    }

    /// Reads on in the worker's events.
    private func read(_ run: RunID) throws -> (found: [JobHappening], isCut: Bool) {
        guard let file = FileHandle(forReadingAtPath: jobs.context.layout.events(run)) else { return ([], false) }
        defer { try? file.close() }
        try file.seek(toOffset: offset)
        guard let piece = try file.read(upToCount: Self.piece), !piece.isEmpty else { return ([], false) }
        offset += UInt64(piece.count)
        var found: [JobHappening] = []
        for event in piece.withUnsafeBytes({ reader.feed($0) }) {
            if let happening = JobHappening.of(event, index: number) { found.append(happening) }
            number += 1
        }
        return (found, piece.count == Self.piece)
    }
}
