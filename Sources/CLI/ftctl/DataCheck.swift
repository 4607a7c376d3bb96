import ArgumentParser
import Foundation
import JSONText
import Nouns
import Platform
import RowFormats
import Settings

/// Judges a file or folder as Intake would, without a daemon and without dropping anything.
struct DataCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Judge a file or folder as if it were dropped; exit status 1 where something is wrong.",
        discussion:
            """
            Needs no daemon. With --pipeline its shape, columns and limits apply, and tokens are counted with its \
            base model.
            """
    )
    @OptionGroup var connection: Connection
    @Argument(help: "The file or folder.", completion: .file()) var file: String
    @Option(help: "Judge by the settings of this pipeline.") var pipeline: String?
    @Option(help: "List at most so many problems as text.") var limit = 100

    func run() async throws {
        do {
            let (report, note) = try checked()
            try connection.show(report) { Self.text($0, limit: limit, note: note) }
            if let note { Terminal.complain("\(note)") }
            if Self.hasErrors(report) { throw ExitCode(1) }
        } catch let failure as Failure {
            Terminal.complain("\(failure)")
            throw ExitCode(1)
        } catch let failure as FileFailure {
            Terminal.complain("\(failure)")
            throw ExitCode(1)
        }
    }

    /// The report that Intake would write, and what kept the tokens from being counted, where something did.
    private func checked() throws -> (IntakeReport, Failure?) {
        let settings = try pipeline.map(pipelineSettings) ?? PipelineSettings(name: "", file: "", base: "")
        // A link given by hand is meant as what it points to; inside a drop folder none is followed.
        let path = URL(filePath: file).standardizedFileURL.resolvingSymlinksInPath().path
        let contents = try DropContents(RawPath(path))
        let scratch = try ScratchFolder()
        let tokens = try pipeline.map { _ in try TokenCheck(settings, layout: connection.layout, scratch: scratch.path)
        }
        let seen = RowSet(folder: scratch.path)
        var problems: [RowProblem] = []
        var counts: [String: Int] = [:]
        func keep(_ problem: RowProblem) {
            counts[problem.code, default: 0] += 1
            // A report of any file can be read, and made.
            if problems.count < max(1000, limit) { problems.append(problem) }
        }
        var report = IntakeReport(
            drop: "", pipeline: settings.name, name: (path as NSString).lastPathComponent, sha256: "",
            bytes: contents.files.reduce(0) { $0 &+ $1.bytes })
        let reader = DropReader(
            report, shape: settings.data.shape, columns: settings.data.columns,
            controlTokens: tokens?.controlTokens ?? .common, problem: keep,
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
        report = reader.report
        report.sha256 = try contents.digest().sha256
        var note: Failure?
        if let tokens {
            do {
                for problem in try tokens.run() {
                    keep(problem)
                    guard problem.severity == .error else { continue }
                    report.rowsAccepted -= 1
                    report.rowsRejected += 1
                }
            } catch let failure as Failure {
                note = failure
            }
        }
        problems.sort { ($0.file ?? "", $0.line) < ($1.file ?? "", $1.line) }
        report.problems = problems
        report.problemCounts = counts
        report.quarantined = DropVerdict.quarantine(report, maximumBadShare: settings.data.maximumBadShare)
        return (report, note)
    }

    private func pipelineSettings(_ name: String) throws -> PipelineSettings {
        let path = connection.layout.pipelineFile(PipelineName(name))
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                code: "pipeline.unknown", "There is no pipeline '\(name)'.", at: path,
                remedy: "Name one that has a file there, or give --root.")
        }
        let (settings, problems) = try SettingsFolder.pipeline(path)
        if let problem = problems.first { throw problem }
        return settings
    }

    static func text(_ report: IntakeReport, limit: Int, note: Failure?) -> String {
        let formats = (report.formats ?? [:]).sorted { $0.key < $1.key }.map {
            $0.value == 1 ? $0.key : "\($0.value) × \($0.key)"
        }
        let shapes = (report.shapes ?? [:]).sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        var lines = [
            """
            \(RawPath.shown(report.name.utf8)) \
            (\(formats.joined(separator: ", "))\(formats.isEmpty ? "" : ", ")\(Terminal.bytes(report.bytes))): 
            """
                + """
                \(report.rowsRead) rows read, \(report.rowsAccepted) good, \(report.rowsRejected) bad, \
                \(report.rowsDuplicate) twice
                """
        ]
        if !shapes.isEmpty { lines.append("Shapes: \(shapes.joined(separator: ", "))") }
        lines += problems(report, limit: limit)
        if let failure = report.quarantined {
            lines.append("It would be quarantined: \(failure.message) \(failure.remedy ?? "")")
        }
        if note == nil, !hasErrors(report) { lines.append("It can be dropped as it is.") }
        return lines.joined(separator: "\n")
    }

    /// Whether anything but warnings was found, in a row or beside the rows.
    private static func hasErrors(_ report: IntakeReport) -> Bool {
        report.quarantined != nil || report.rowsRejected > 0
            || (report.problemCounts ?? [:]).keys.contains { ProblemCode(rawValue: $0)?.severity == .error }
    }

    /// One line a problem, at most `limit`, and how many there are in all where that is more.
    static func problems(_ report: IntakeReport, limit: Int) -> [String] {
        var lines: [String] = []
        for problem in report.problems.prefix(max(0, limit)) {
            let place = [
                problem.file, problem.line > 0 ? "line \(problem.line)" : nil,
                problem.pointer.isEmpty ? nil : problem.pointer,
            ].compactMap { $0 }
            let line =
                """
                \((place.isEmpty ? ["file"] : place).joined(separator: " ")): \(problem.severity.rawValue) \
                \(problem.code): \(problem.message) \(problem.fix ?? "")
                """
            // A message may quote the data, which may hold anything; what a terminal obeys is no part of a line.
            lines.append(RawPath.shown(line.utf8))
        }
        let all = (report.problemCounts ?? [:]).values.reduce(0, +)
        if all > min(limit, report.problems.count) {
            lines.append(
                "… \(all) problems in all: "
                    + (report.problemCounts ?? [:]).sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(
                        separator: ", "))
        }
        return lines
    }
}

/// A folder that goes away with its owner.
final class ScratchFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/ftctl-\(UUID().uuidString)"
        try AtomicFile.makeFolder(path, mode: 0o700)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
