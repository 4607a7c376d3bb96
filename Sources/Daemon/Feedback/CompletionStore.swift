import ControlProtocol
import Foundation
import Nouns
import Platform
import Settings
import StageKit
import Synchronization

/// Completions that are kept, with what people said of them, in files of their own: never in the ledger, its copies or
/// the journal.
///
/// What is asked often (whose it is, of which version, what it was rated) is in memory; texts are read from the files.
package final class CompletionStore: Sendable {
    /// What is known of a completion without reading its file.
    struct Entry: Sendable {
        let pipeline: PipelineName
        let version: VersionID?
        let model: String
        let owner: String
        let createdAt: Date
        var bytes: Int
        var ratings: [Vote]
        /// Whether it becomes a row, or became one.
        var drop: DropID?
        var hasCorrection: Bool
        var metadata: [String: String]
    }

    struct State {
        var isRead = false
        var entries: [String: Entry] = [:]
        /// Identifiers, the oldest first.
        var order: [String] = []
    }

    let context: StageContext
    let files: CompletionFiles
    let state = Mutex(State())

    package init(_ context: StageContext) {
        self.context = context
        files = CompletionFiles(layout: context.layout)
    }

    // MARK: Keeping

    /// Keeps a completion where its pipeline says so; false where it does not, or where its text may not be kept.
    ///
    /// - Parameter wanted: what the caller said: keep it, do not, or nothing.
    @discardableResult
    package func keep(_ stored: StoredCompletion, wanted: Bool?) throws -> Bool {
        guard let pipeline = context.settings.pipeline(stored.pipeline) else { return false }
        switch pipeline.feedback.record {
        case .none: return false
        case .asked: guard wanted == true else { return false }
        case .all: guard wanted != false else { return false }
        }
        guard let screened = try Screening(pipeline.data.sensitive).screen(stored) else { return false }
        let least = context.settings.daemon.minimumFreeBytes
        if let free = System.freeBytes(context.layout.state), free < least {
            throw Failure(
                code: "feedback.space", "Answers are not kept while \(free) bytes of the disk are free.",
                at: context.layout.feedback(stored.pipeline),
                remedy: "Make room, or lower minimum_free (now \(least) bytes).")
        }
        readAll()
        try state.withLock { state in
            try write(screened, &state)
            try makeRoom(pipeline, &state)
        }
        return true
    }

    /// The oldest go first where a pipeline's completions take more than they may.
    private func makeRoom(_ pipeline: PipelineSettings, _ state: inout State) throws {
        var bytes = state.entries.values.reduce(0) { $0 + ($1.pipeline == pipeline.name ? $1.bytes : 0) }
        var leaving: [String] = []
        for id in state.order where bytes > pipeline.feedback.bytes {
            guard let entry = state.entries[id], entry.pipeline == pipeline.name else { continue }
            leaving.append(id)
            bytes -= entry.bytes
        }
        try forget(leaving, of: pipeline.name, .expired, &state)
    }

    // MARK: Asking

    /// A completion of somebody's. Throws a Failure (`completion.unknown`, `completion.deleted`, `completion.expired`).
    package func find(_ id: String, who: Principal) throws -> StoredCompletion {
        readAll()
        return try state.withLock { state in try files.read(try entry(id, who, state).pipeline, id) }
    }

    /// Completions of somebody's in the order of their creation, without their texts, behind `after`; nil where that is
    /// none of them.
    package func list(
        who: Principal, after: String?, newestFirst: Bool, limit: Int, model: String?, metadata: [String: String]
    ) throws -> [StoredCompletion]? {
        readAll()
        return try state.withLock { state in
            var ids = newestFirst ? state.order.reversed() : state.order
            if let after {
                guard let place = ids.firstIndex(of: after) else { return nil }
                ids = Array(ids[(place + 1)...])
            }
            let entries = state.entries
            let found = ids.lazy.filter { id in
                guard let entry = entries[id], who.owns(entry.owner) else { return false }
                return (model ?? entry.model) == entry.model
                    && metadata.allSatisfy { entry.metadata[$0.key] == $0.value }
            }.prefix(limit)
            return try found.compactMap { id in
                try entries[id].map { try files.read($0.pipeline, id) }
            }
        }
    }

    // MARK: Changing

    /// Changes a completion; `change` gets it as it is. Throws what ``find(_:who:)`` throws.
    package func change(_ id: String, who: Principal, _ change: (inout StoredCompletion) throws -> Void) throws
        -> StoredCompletion
    {
        readAll()
        return try state.withLock { state in
            var stored = try files.read(try entry(id, who, state).pipeline, id)
            let before = stored
            try change(&stored)
            guard stored != before else { return stored }
            let action = context.settings.pipeline(stored.pipeline)?.data.sensitive ?? .allow
            guard let screened = try Screening(action).screen(stored) else {
                throw Failure(
                    code: "feedback.sensitive",
                    "It has personal data or a secret, which the pipeline '\(stored.pipeline)' does not keep.",
                    at: id, remedy: "Leave it out, or see data.sensitive.")
            }
            try write(screened, &state)
            return screened
        }
    }

    /// Deletes a completion and, before that, has the row withdrawn that was made of it: where that fails, all is as it
    /// was, and the completion can be deleted again.
    ///
    /// - Parameter withdraw: withdraws a drop with everything that is kept of its rows.
    package func remove(_ id: String, who: Principal, withdraw: (DropID) throws -> Void) throws {
        readAll()
        let entry = try state.withLock { state in try self.entry(id, who, state) }
        if let drop = entry.drop {
            try withdraw(drop)
            try release(drop)
        }
        try state.withLock { state in
            try forget([id], of: entry.pipeline, .deleted, &state)
        }
    }

    /// Completions whose rows were in a drop that is withdrawn: they are to be dropped anew.
    func release(_ drop: DropID) throws {
        try state.withLock { state in
            for (id, entry) in state.entries where entry.drop == drop {
                var stored = try files.read(entry.pipeline, id)
                stored.drop = nil
                try write(stored, &state)
            }
        }
    }

    /// Lets go of what is older than its pipeline keeps it.
    package func expire(_ now: Date = Date()) throws {
        readAll()
        for (pipeline, _) in files.all() {
            let days = context.settings.pipeline(pipeline)?.feedback.days ?? FeedbackSettings().days
            let oldest = now.addingTimeInterval(-Double(days) * 86_400)
            try state.withLock { state in
                let old = state.entries.filter { $0.value.pipeline == pipeline && $0.value.createdAt < oldest }
                try forget(old.keys.sorted(), of: pipeline, .expired, &state)
            }
            try files.clearGraves(pipeline, before: oldest)
        }
    }

    // MARK: How

    func write(_ stored: StoredCompletion, _ state: inout State) throws {
        let bytes = try files.write(stored)
        if state.entries.updateValue(Self.entry(stored, bytes), forKey: stored.id) == nil {
            // They come in the order of their creation, but for those that are being written at the same time.
            let place = state.order.lastIndex { (state.entries[$0]?.createdAt ?? .distantPast) <= stored.createdAt }
            state.order.insert(stored.id, at: place.map { $0 + 1 } ?? 0)
        }
    }

    private func forget(_ ids: [String], of pipeline: PipelineName, _ why: Grave.Reason, _ state: inout State) throws {
        guard !ids.isEmpty else { return }
        try files.bury(pipeline, ids, why)
        for id in ids {
            try files.remove(pipeline, id)
            state.entries[id] = nil
        }
        let gone = Set(ids)
        state.order.removeAll { gone.contains($0) }
    }

    static func entry(_ stored: StoredCompletion, _ bytes: Int) -> Entry {
        Entry(
            pipeline: stored.pipeline, version: stored.version,
            model: stored.completion["model"]?.stringValue ?? "", owner: stored.owner, createdAt: stored.createdAt,
            bytes: bytes, ratings: stored.ratings.map { Vote(isGood: $0.isGood, by: $0.by, at: $0.at) },
            drop: stored.drop, hasCorrection: stored.ratings.contains { $0.correction != nil },
            metadata: stored.metadata)
    }

    /// Takes for known what lies in the folders now: somebody else has moved or removed one.
    package func readAnew() { state.withLock { $0 = State() } }

    /// Reads every file, once.
    func readAll() {
        state.withLock { (state: inout State) -> Void in
            guard !state.isRead else { return }
            state.isRead = true
            for (pipeline, ids) in files.all() {
                for id in ids {
                    // One that is damaged is nobody's any more; its file stays for whoever looks.
                    guard let stored = try? files.read(pipeline, id), stored.id == id else {
                        context.logger.warning(
                            "The kept completion \(id) of \(pipeline) cannot be read",
                            metadata: ["pipeline": "\(pipeline)", "event": "stage.failed", "stage": "feedback"])
                        continue
                    }
                    var status = stat()
                    stat(context.layout.storedCompletion(pipeline, id), &status)
                    state.entries[id] = Self.entry(stored, Int(status.st_size))
                }
            }
            state.order = state.entries.sorted { ($0.value.createdAt, $0.key) < ($1.value.createdAt, $1.key) }
                .map(\.key)
        }
    }
}
