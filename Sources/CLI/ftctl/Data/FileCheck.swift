import Foundation
import JSONText
import Nouns
import Places
import Platform
import RowFormats
import Settings

/// Judges a file or folder as Intake would, without a daemon and without dropping anything.
struct FileCheck {
    let file: String
    let layout: Layout
    /// Problems that the report lists; all are counted.
    let listed: Int
    /// Of how many rows the report shows what the base reads.
    var shownRows = 0

    /// The report that Intake would write, and the reason if the tokens could not be counted.
    ///
    /// - Parameter named: the pipeline by whose settings and base the rows are judged; nil judges by the defaults and
    ///   counts no tokens.
    func report(settings named: PipelineSettings?) throws -> (IntakeReport, Failure?) {
        let settings = named ?? PipelineSettings(name: "", file: "", base: "")
        // A link given by hand is meant as what it points to; inside a drop folder none is followed.
        let path = URL(filePath: file).standardizedFileURL.resolvingSymlinksInPath().path
        let contents = try DropContents(RawPath(path))
        let scratch = try ScratchFolder()
        let tokens = try named.map { try TokenCheck($0, layout: layout, scratch: scratch.path, shownRows: shownRows) }
        let seen = RowSet(folder: scratch.path)
        var problems: [RowProblem] = []
        var counts: [String: Int] = [:]
        func keep(_ problem: RowProblem) {
            counts[problem.code, default: 0] += 1
            // A report of any file can be read, and made.
            if problems.count < listed { problems.append(problem) }
        }
        let blank = IntakeReport(
            drop: "", pipeline: settings.name, name: (path as NSString).lastPathComponent, sha256: "",
            bytes: contents.files.reduce(0) { $0 &+ $1.bytes })
        let reader = DropReader(
            blank, shape: settings.data.shape, columns: settings.data.columns,
            controlTokens: tokens?.controlTokens ?? .common, controlCharacters: settings.data.controlCharacters,
            problem: keep,
            rows: { good in
                let ids = try Parallel.slices(good) { try $0.map { try RowIdentity.id($0.parsed.content) } }
                var new = 0
                for (row, id) in zip(good, ids.joined()) where try seen.insert(id) {
                    try tokens?.add(row.parsed, id: id, line: row.line, file: row.file)
                    new += 1
                }
                return new
            })
        try reader.read(contents)
        var report = reader.report
        report.sha256 = try contents.digest().sha256
        // The daemon counts tokens once a drop is stored: they keep no file out.
        report.problems = problems
        report.quarantined = DropVerdict.quarantine(report, maximumBadShare: settings.data.maximumBadShare)
        var note: Failure?
        do {
            for problem in try tokens?.run() ?? [] {
                keep(problem)
                guard problem.severity == .error else { continue }
                report.rowsAccepted -= 1
                report.rowsRejected += 1
            }
            if shownRows > 0 { report.shown = tokens?.shown }
        } catch let failure as Failure { note = failure }
        report.problems = problems.sorted { ($0.file ?? "", $0.line) < ($1.file ?? "", $1.line) }
        report.problemCounts = counts
        return (report, note)
    }
}
