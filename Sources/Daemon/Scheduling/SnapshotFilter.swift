import Foundation
import Ledger
import Nouns
import Platform
import RowFiles
import StageKit

/// Leaves out of a snapshot's files the rows that are kept out of training or of judging; the files of the dataset stay
/// whole.
final class SnapshotFilter {
    let context: StageContext
    let pipeline: PipelineName
    /// Rows kept out, by drop, with the reason of each.
    private var reasons: [DropID: [RowID: SetAsideRow.Reason]] = [:]
    /// Gate rows that judge no more, by drop.
    private var superseded: [DropID: [RowID: SetAsideRow.Reason]] = [:]
    /// Filtered copies made for this snapshot, and the stored file that each was made from.
    private(set) var sources: [String: String] = [:]
    /// Rows left out, by reason.
    private(set) var removed: [String: Int] = [:]

    init(context: StageContext, pipeline: PipelineName) throws {
        self.context = context
        self.pipeline = pipeline
        for row in try context.ledger.setAside(pipeline) where !row.reason.isOutsideDataset {
            // Of several reasons the gate's comes first, since no setting undoes it.
            if reasons[row.drop]?[row.id] != .nearDuplicateOfGate {
                reasons[row.drop, default: [:]][row.id] = row.reason
            }
        }
        for row in try context.ledger.superseded(pipeline) {
            superseded[row.drop, default: [:]][row.id] = row.reason
        }
    }

    /// Every row kept out.
    var aside: Set<RowID> { Set(reasons.values.flatMap(\.keys)) }

    /// A file to learn from or to choose by, without the rows that are kept out: itself where it has none, nil where it
    /// has no others.
    func kept(_ file: FileReference, of drop: DropID) throws -> FileReference? {
        try without(reasons[drop] ?? [:], file)
    }

    /// The same of a file that judges.
    func judging(_ file: FileReference, of drop: DropID) throws -> FileReference? {
        try without(superseded[drop] ?? [:], file)
    }

    private func without(_ out: [RowID: SetAsideRow.Reason], _ file: FileReference) throws -> FileReference? {
        guard !out.isEmpty else { return file }
        let writer = try ShardWriter(folder: context.layout.shards(pipeline))
        var left: [RowID: SetAsideRow.Reason] = [:]
        var rows = 0
        try RowFile.read(file.path) { row in
            if let reason = out[row.id] {
                left[row.id] = reason
            } else {
                rows += 1
                try writer.write(row)
            }
        }
        for reason in left.values { removed[reason.rawValue, default: 0] += 1 }
        if left.isEmpty { return file }
        if rows == 0 { return nil }
        let copy = try writer.finish()
        sources[copy.sha256] = file.sha256
        try context.ledger.noteLeftOut(left, of: copy)
        return copy
    }
}
