import Foundation
import Nouns
import Places

/// What was trained by the end of an epoch and is kept without what a run would need to go on: `epoch.json` beside the
/// adapter's files.
package struct EpochRecord: Codable, Hashable, Sendable {
    /// How many are kept of a run, besides the best.
    package static let kept = 3
    /// The record's name in its folder.
    package static let file = "epoch.json"

    /// Optimizer steps inside.
    package var step: Int
    /// Seconds since 1970.
    package var time: Double
    /// Lower-case hexadecimal SHA-256 of the adapter's weights.
    package var sha256: String
    /// Loss of the last step.
    package var trainLoss: Double
    /// What validation said at that step, where it was asked.
    package var validation: ValidationReport?

    package init(
        step: Int, time: Double = Date().timeIntervalSince1970, sha256: String, trainLoss: Double,
        validation: ValidationReport? = nil
    ) {
        self.step = step
        self.time = time
        self.sha256 = sha256
        self.trainLoss = trainLoss
        self.validation = validation
    }

    /// The epochs that are kept in a request's folder, in the order of their steps; none where there are none.
    package static func all(in folder: String) -> [EpochRecord] {
        let work = WorkFolder(folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: work.epochs)) ?? []
        return names.compactMap { name in
            // What is being written, or was cut off, is hidden.
            guard !name.hasPrefix("."),
                let data = FileManager.default.contents(atPath: work.epochs + "/" + name + "/" + file)
            else { return nil }
            return try? ContractCoding.decode(EpochRecord.self, from: data)
        }.sorted { $0.step < $1.step }
    }

    /// The steps of those that stay: the last few, and the best.
    package static func staying(_ steps: [Int], best: Int?) -> Set<Int> {
        Set(steps.sorted().suffix(kept)).union(steps.filter { $0 == best })
    }
}
