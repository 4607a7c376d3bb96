import ArgumentParser
import Foundation
import Nouns
import Platform
import Reports
import Settings

struct DataCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Judge a file or folder as if it were dropped; exit status 1 where something is wrong.",
        discussion:
            """
            Needs no daemon. With --pipeline its shape, columns and limits apply, and tokens are counted with its \
            base model.

            Example: ftctl data check monday.jsonl --pipeline tickets --show 3
            """
    )
    @OptionGroup var connection: Connection
    @Argument(help: "The file or folder; - for standard input.", completion: .file()) var file: String
    @Option(help: "Judge by the settings of this pipeline.", completion: .pipelines) var pipeline: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("List at most so many problems as text.", valueName: "count"))
    var limit = 100
    @Option(
        help: ArgumentHelp(
            "Print what the base reads of the first so many rows, with what is learnt marked.", valueName: "count"))
    var show = 0
    @Flag(help: "Print the shown rows token by token.") var tokens = false

    func validate() throws {
        guard show == 0 || pipeline != nil else {
            throw ValidationError("Give --pipeline: --show needs its base model.")
        }
        guard !tokens || show > 0 else { throw ValidationError("Give --show N with --tokens.") }
    }

    func run() async throws {
        do {
            let scratch = try ScratchFolder()
            let check = FileCheck(
                file: try given(scratch), layout: try connection.layout(), listed: max(1000, limit), shownRows: show)
            let (report, note) = try check.report(settings: try pipeline.map(settings))
            try connection.show(report) { document(report, isWhole: note == nil) }
            if let note { try connection.complain(note) }
            if IntakeDocument.hasErrors(report) { throw ExitCode(1) }
        } catch let failure as Failure {
            try connection.complain(failure)
            throw ExitCode(1)
        } catch let failure as FileFailure {
            try connection.complain(failure.failure)
            throw ExitCode(1)
        }
    }

    /// What is to be judged; what comes on standard input is kept in a file meanwhile.
    private func given(_ scratch: ScratchFolder) throws -> String {
        guard file == StandardInput.mark else { return file }
        let path = scratch.path + "/stdin"
        try StandardInput.copy(to: path)
        return path
    }

    /// - Parameter isWhole: whether the tokens could be counted, where they were to be.
    func document(_ report: IntakeReport, isWhole: Bool) -> Document {
        Document(
            (report.shown ?? []).flatMap { ShownDocument.blocks($0, byToken: tokens) }
                + IntakeDocument.checked(report, limit: limit, isWhole: isWhole))
    }

    private func settings(_ name: String) throws -> PipelineSettings {
        let path = try connection.layout().pipelineFile(PipelineName(name))
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                code: "pipeline.unknown", "There is no pipeline '\(name)'.", at: path,
                remedy: "Name one that has a file there, or give --root.")
        }
        let (settings, problems) = try SettingsFolder.pipeline(path)
        if let problem = problems.first { throw problem }
        return settings
    }
}
