import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import ServiceLifecycle
import StageKit
import Synchronization

/// Sees that the files which models and runs rest on are there and are what they were, before a night is spent on
/// them: at the start and every hour by size, inode and time, every day by digest, with what the machine has to spare.
/// The chains of what was served are computed anew each time.
///
/// Gives problems; never changes or removes a file.
package final class SoundnessService: Service {
    let context: StageContext
    private let loop: StageLoop
    private let lastReading = Mutex<SuspendingClock.Instant?>(nil)

    private static let day = Duration.seconds(86_400)

    package init(_ context: StageContext) {
        self.context = context
        loop = StageLoop("soundness", context, bell: Bell(), every: .seconds(3600))
    }

    package func run() async throws {
        await loop.run { [self] in
            let isDue = lastReading.withLock { last in
                // The first reading is a day after the start: what has changed since it was read is read at once.
                let due = last.map { SuspendingClock.now - $0 >= Self.day } ?? false
                if due || last == nil { last = .now }
                return due
            }
            _ = try await check(reading: isDue)
        }
    }

    /// Looks at every file; reads those that are to be read, and those that may have changed.
    ///
    /// - Parameter reading: whether every file is read.
    package func check(reading: Bool) async throws -> SoundnessAnswer {
        let files = try KeptFile.all(context)
        let store = context.layout.fingerprints
        var answer = try await OwnThread.run { isCancelled in
            IdlePriority.take()
            return try Reading(files: files, store: store, reads: reading).answer(isCancelled)
        }
        try addChains(&answer)
        tell(answer.faults)
        return answer
    }

    /// The files that a ledger names, with what they must be.
    package static func named(_ context: StageContext) throws -> [NamedFile] {
        try KeptFile.all(context)
            .filter { file in file.within.map { FileManager.default.fileExists(atPath: $0) } ?? true }
            .map { NamedFile(path: $0.path, sha256: $0.sha256, owner: $0.owner) }
    }

    /// Computes the hash chain of each pipeline anew.
    private func addChains(_ answer: inout SoundnessAnswer) throws {
        for pipeline in try context.ledger.pipelines() {
            let chain = try context.ledger.verify(pipeline)
            answer.records += chain.records
            guard !chain.intact else { continue }
            answer.faults.append(
                Failure(
                    code: "chain.broken",
                    "Record \(chain.firstBroken ?? 0) of what \(pipeline) served is not what was written.",
                    at: pipeline.rawValue,
                    remedy: "Restore the ledger from a backup; `ftctl history \(pipeline)` shows the records."))
        }
    }

    private func tell(_ faults: [Failure]) {
        let owners = Set(faults.compactMap(\.place).map { "soundness:file:\($0)" })
        for fault in faults {
            loop.report(fault, "soundness:file:\(fault.place ?? "")", event: "file.unsound")
        }
        context.problems.clear(prefix: "soundness:file:", except: owners)
    }
}
