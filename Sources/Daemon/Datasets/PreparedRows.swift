import DataQuality
import Foundation
import JSONText
import Nouns
import Platform
import RowFormats
import Settings

/// Rows of a drop as they are by themselves: searched for what is sensitive, and looked at for what they are like.
struct PreparedRows: Sendable {
    /// A row that nothing speaks against. A class, since it is handed on from step to step, and a row has many parts to
    /// be counted.
    final class Kept: Sendable {
        let row: Row
        /// Its group as text, where the pipeline has groups and the row has the field.
        let group: String?
        let look: RowLook
        let sketch: Sketch
        let answerKey: String
        private let line: [UInt8]

        init(_ row: Row, group: String?, common: CommonShingles) throws {
            let text = RowText.whole(row.content)
            let normalised = NormalisedText(text)
            self.row = row
            self.group = group
            look = RowLook(text, normalised)
            sketch = Sketch(shingles: Shingles.hashes(normalised), common: common)
            answerKey = RowText.answerKey(row.content)
            line = try CanonicalJSON.line(row)
        }

        /// The row as it is stored, on the side that was decided.
        func line(on side: Split) throws -> [UInt8] {
            guard row.split != side else { return line }
            var row = row
            row.split = side
            return try CanonicalJSON.line(row)
        }
    }

    var kept: [Kept] = []
    /// Rows that the pipeline's rule on sensitive data refuses.
    private(set) var rejected: [(id: RowID, line: Int)] = []
    private(set) var sensitive: [SensitiveKind: Int] = [:]
    /// The parts of templates that were looked for in these rows, for an index that is empty; nil where that was done
    /// before.
    private(set) var common: CommonShingles?

    var isEmpty: Bool { kept.isEmpty && rejected.isEmpty }

    /// Prepares rows after rows, on all cores.
    struct Maker: Sendable {
        /// Rows by which the parts of a template are told.
        private static let calibrationRows = 4000

        private let data: DataSettings
        private var common: CommonShingles
        /// Whether the index is empty, so that a template is best known before the first row is in it.
        private var mayCalibrate: Bool

        init(_ data: DataSettings, near: NearIndex) {
            self.data = data
            common = near.common
            mayCalibrate = near.rows == 0
        }

        mutating func prepare(_ rows: [Row]) throws -> PreparedRows {
            var prepared = PreparedRows()
            let (action, groupBy) = (data.sensitive, data.groupBy)
            var kept: [Row] = []
            kept.reserveCapacity(rows.count)
            let screened = try Parallel.slices(rows) { slice in
                var screening = RowScreening(action: action, group: groupBy)
                return (outcomes: try slice.map { try screening.screen($0) }, kinds: screening.rows)
            }
            for slice in screened {
                prepared.sensitive.merge(slice.kinds, uniquingKeysWith: +)
                for outcome in slice.outcomes {
                    switch outcome {
                    case .keep(let row): kept.append(row)
                    case .reject(let row): prepared.rejected.append((row.id, row.line))
                    }
                }
            }
            if mayCalibrate, NearIndex.wantsCalibration(rows: kept.count) {
                let sample = Parallel.slices(kept.prefix(Self.calibrationRows)) {
                    $0.map { Shingles.hashes(NormalisedText(RowText.whole($0.content))) }
                }
                common = CommonShingles(Sketch.common(sample.flatMap { $0 }))
                prepared.common = common
            }
            mayCalibrate = false
            let known = common
            prepared.kept = try Parallel.slices(kept) { slice in
                try slice.map { try Kept($0, group: try Self.group($0, groupBy), common: known) }
            }.flatMap { $0 }
            return prepared
        }

        private static func group(_ row: Row, _ field: String?) throws -> String? {
            guard let field, let value = row.fields?[field], value != .null else { return nil }
            return String(decoding: try ContractCoding.encode(value), as: UTF8.self)
        }
    }
}
