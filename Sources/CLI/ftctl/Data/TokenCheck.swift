import Foundation
import JSONText
import Nouns
import Places
import Platform
import RowFiles
import RowFormats
import Settings
import WorkerProtocol

/// Counts the tokens of rows with a pipeline's base model, by the worker that would train them.
final class TokenCheck {
    private let settings: PipelineSettings
    private let card: BaseCard
    private let layout: Layout
    private let scratch: String
    private let rowsPath: String
    private let output: FileHandle
    private var rows = 0
    /// How many rows are to be shown, and what the base reads of them.
    private let shownRows: Int
    private(set) var shown: [ShownRow] = []

    /// Throws a Failure where the base is not there.
    init(_ settings: PipelineSettings, layout: Layout, scratch: String, shownRows: Int = 0) throws {
        self.shownRows = shownRows
        self.settings = settings
        self.layout = layout
        self.scratch = scratch
        guard settings.base != .automatic else {
            throw Failure(
                code: "base.automatic",
                """
                The pipeline has no base yet: an experiment chooses it (base = \"auto\"). So no tokens can be \
                counted here.
                """,
                at: layout.pipelineFile(settings.name),
                remedy: "Check without --pipeline; the daemon counts the tokens of every row that is dropped.")
        }
        let path = layout.baseCard(settings.base)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(
                code: "base.unknown", "The base model '\(settings.base)' cannot be read, so no tokens can be counted.",
                at: path,
                remedy: "Register it with `ftctl base add`, or check without --pipeline.")
        }
        card = try ContractCoding.decode(BaseCard.self, from: data)
        rowsPath = scratch + "/rows.jsonl"
        guard FileManager.default.createFile(atPath: rowsPath, contents: nil),
            let handle = FileHandle(forWritingAtPath: rowsPath)
        else { throw FileFailure("open it", rowsPath, errno: errno) }
        output = handle
    }

    private var longest: Int { settings.recipe.longest(in: card.contextLength) }

    /// What no text of a row should spell.
    var controlTokens: ControlTokens { card.controlTokens.map(ControlTokens.init) ?? .common }

    func add(_ parsed: RowReader.Parsed, id: RowID, line: Int, file: String?) throws {
        rows += 1
        try output.write(
            contentsOf: CanonicalJSON.line(
                Row(
                    id: id, content: parsed.content, split: .train, promptKey: "", drop: "check", line: line, file: file
                )))
    }

    /// What the tokens say of the rows, in order. Throws a Failure where they cannot be counted.
    func run() throws -> [RowProblem] {
        try output.close()
        guard rows > 0 else { return [] }
        var model = ModelReference(
            basePath: card.path(in: layout.base(card.id)),
            base: card.id, baseDigest: card.digest)
        model.template = try settings.recipe.template?.loaded().text
        model.date = settings.recipe.templateDate
        let task = MeasureTask(
            model: model, rows: [FileReference(path: rowsPath, sha256: "", bytes: 0)],
            maxLength: longest, shownRows: shownRows > 0 ? shownRows : nil,
            pairs: settings.recipe.trainsPairs)
        try AtomicFile.write(
            try ContractCoding.encode(WorkerRequest(id: "check", directory: scratch, task: .measure(task))),
            to: WorkFolder(scratch).request)
        let program = try worker()
        let status = try SpawnedProgram.run(program, [WorkFolder(scratch).request], output: scratch + "/worker.log")
        guard status == 0 else {
            let log =
                FileManager.default.contents(atPath: scratch + "/worker.log").map {
                    String(decoding: $0.suffix(500), as: UTF8.self)
                } ?? ""
            throw Failure(
                code: "check.tokens", "The tokens could not be counted: the worker left with status \(status).",
                at: program,
                remedy: "Check without --pipeline.", cause: log.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        if shownRows > 0 {
            try JSONLines.read(scratch + "/shown.jsonl") { line, _ in
                shown.append(try ContractCoding.decode(ShownRow.self, from: Data(line)))
                return true
            }
        }
        var problems: [RowProblem] = []
        try JSONLines.read(scratch + "/measure.jsonl") { line, _ in
            let row = try MeasurementLine.measurement(line)
            if var problem = TokenRules.problem(
                row, maxLength: longest, truncate: settings.data.truncate,
                longestAnswer: settings.gates.maxNewTokens)
            {
                (problem.line, problem.file) = (row.line, row.file)
                problems.append(problem)
            }
            return true
        }
        return problems
    }

    /// The worker that the daemon would start.
    private func worker() throws -> String {
        if let program = SettingsFolder.read(layout).daemon.workerProgram { return program }
        let programs = InstalledPrograms()
        if let worker = programs.worker { return worker }
        throw Failure(
            code: "check.no_worker", "There is no finetune-worker beside ftctl, so no tokens can be counted.",
            at: programs.folder,
            remedy: "Set worker.program in finetuned.toml, or check without --pipeline.")
    }
}
