import Compression
import Foundation
import JSONText
import Nouns
import Platform
import RowFormats
import Settings

/// Reads one claimed drop row by row in constant memory: good rows to `rows.jsonl.zst`, bad ones into the report.
struct FileReading: Sendable {
    let drop: Drop
    let pipeline: PipelineSettings
    let folder: String
    /// What no text should spell.
    let controlTokens: ControlTokens
    /// The rows that programs made of files, by the files' names.
    var made: [[UInt8]: DropReader.MadeRows] = [:]

    /// The rows file that Datasets takes over.
    static let rowsName = "rows.jsonl.zst"

    /// What came of reading.
    enum Outcome {
        case read(IntakeReport)
        /// The bytes are not those that were recorded: whoever dropped them went on writing.
        case changed(sha256: String, bytes: Int)
    }

    /// The report of a drop of which nothing can be read.
    static func report(_ drop: Drop, _ failure: Failure) -> IntakeReport {
        IntakeReport(
            drop: drop.id, pipeline: drop.pipeline, name: drop.name, sha256: drop.sha256, bytes: drop.bytes,
            quarantined: failure)
    }

    /// Throws a ``FileFailure`` where the disk fails; what is wrong with the data is in the report.
    func read() throws -> Outcome {
        let original = RawPath(folder + "/original")
        let problems = ProblemLog(folder: folder)
        let seen = RowSet(folder: folder)
        let path = folder + "/" + Self.rowsName
        var report = IntakeReport(
            drop: drop.id, pipeline: drop.pipeline, name: drop.name, sha256: drop.sha256, bytes: drop.bytes)
        var digest = (sha256: drop.sha256, bytes: drop.bytes)
        let temporary = try AtomicFile.write(beside: path) { descriptor, name in
            // Read once more, soon and here: written fast rather than small.
            let writer = try ZstdWriter(level: 1) { try AtomicFile.writeAll($0, to: descriptor, path: name) }
            let reader = DropReader(
                report, shape: pipeline.data.shape, columns: pipeline.data.columns,
                only: drop.origin?.only.map(Set.init), most: drop.origin?.rows, made: made,
                controlTokens: controlTokens, controlCharacters: pipeline.data.controlCharacters,
                problem: { try problems.add($0) },
                rows: { good in
                    let made = try Parallel.slices(good) { slice in
                        try slice.map { good in
                            let row = try self.row(good.parsed, line: good.line, file: good.file)
                            return (id: row.id, line: try CanonicalJSON.line(row))
                        }
                    }
                    var new = 0
                    for row in made.joined() where try seen.insert(row.id) {
                        try row.line.withUnsafeBytes { try writer.write($0) }
                        new += 1
                    }
                    return new
                })
            try reader.read(try DropContents(original))
            try writer.finish()
            report = reader.report
            // A file that could not be read to its end may be one that is still being written, too.
            digest =
                report.quarantined == nil && !reader.isCut
                ? try DropContents.digest(reader.digests) : try DropContents(original).digest()
        }
        guard digest.sha256 == drop.sha256 else {
            unlink(temporary)
            return .changed(sha256: digest.sha256, bytes: digest.bytes)
        }
        if report.quarantined == nil { try AtomicFile.rename(temporary, to: path) } else { unlink(temporary) }
        report.allProblems = try problems.finish()
        report.problems = problems.list
        report.problemCounts = problems.counts
        return .read(report)
    }

    /// The share in force when the drop was claimed.
    private var gateShare: Double { drop.gateShare ?? pipeline.data.gateShare(rows: Int.max) }

    private func row(_ parsed: RowReader.Parsed, line: Int, file: String?) throws -> Row {
        let key = RowIdentity.promptKey(parsed.content)
        var group = key
        if let field = pipeline.data.groupBy, let value = parsed.fields?[field] {
            group = "group:\(String(decoding: try ContractCoding.encode(value), as: UTF8.self))"
        }
        return Row(
            id: try RowIdentity.id(parsed.content), content: parsed.content,
            split: RowIdentity.split(group, validation: pipeline.data.validationShare, gate: gateShare),
            label: parsed.label ?? RowIdentity.label(parsed.content), promptKey: key, fields: parsed.fields,
            drop: drop.id, line: line, file: file)
    }
}
