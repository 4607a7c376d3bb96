import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports
import Settings

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a first pipeline from three questions: its base, what its answers are, and who promotes.",
        discussion: """
            Each question has an option; where nobody can be asked, the first choice is taken. The file is checked, \
            and the line that drops the first data is printed. Where the file may not be written, it is printed with \
            the command that writes it.

            Example: ftctl init tickets --base smollm2-135m-instruct --answers labels
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline's name: lower-case letters, digits, - and _.") var pipeline: PipelineName
    @Option(help: "The registered base to start from.", completion: .bases) var base: BaseID?
    @Option(help: "What the answers are: labels, text or json.") var answers: PipelineDraft.Answers?
    @Option(help: "Who promotes what passed its gates: auto or manual.") var promote: PipelineSettings.PromotionPolicy?

    func validate() throws {
        if pipeline.rawValue.wholeMatch(of: /[a-z0-9][a-z0-9_-]{0,62}/) == nil {
            throw ValidationError(
                "'\(pipeline)' cannot name a pipeline: use lower-case letters, digits, - and _, 63 at most.")
        }
        if let reason = CommandWords.refusal(pipeline.rawValue) {
            throw ValidationError("'\(pipeline)' cannot name a pipeline: \(reason).")
        }
    }

    func run() async throws {
        try await connection.use { client in
            let path = try connection.layout().pipelineFile(pipeline)
            guard !FileManager.default.fileExists(atPath: path) else {
                throw Failure(
                    code: "init.exists", "The pipeline '\(pipeline)' has a file already.", at: path,
                    remedy: "Change that file, or choose another name.")
            }
            try write(try await draft(client).text, to: path)
            if !connection.json { Terminal.line("Wrote \(path).") }
            try await waitUntilKnown(client)
            let answer = try await client.send(.pipelines.check(pipeline))
            try connection.show(answer) { PipelineCheck.shown(answer) }
            guard answer.problems.isEmpty else { throw ExitCode(1) }
            if !connection.json { Terminal.line("Drop the first data: ftctl drop \(pipeline) FILE.jsonl --watch") }
        }
    }

    /// Writes the pipeline's file; where that may not be, says how somebody else can, and ends.
    private func write(_ text: String, to path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path), options: [.atomic])
        } catch {
            let command = "sudo mkdir -p \(folder) && sudo tee \(path) <<'TOML'\n\(text)TOML\n"
            guard !connection.json else {
                throw Failure(
                    code: "init.permission", "You may not write the file.", at: path,
                    remedy: "As an administrator:\n\(command)")
            }
            Terminal.line("You may not write \(path). As an administrator:\n\n\(command)")
            Terminal.line("Then: ftctl pipeline check \(pipeline)")
            Terminal.line("And drop the first data: ftctl drop \(pipeline) FILE.jsonl --watch")
            throw ExitCode(1)
        }
    }

    /// The daemon reads a new file within a moment; the next command is to find the pipeline.
    private func waitUntilKnown(_ client: ControlClient) async throws {
        for _ in 0..<100 {
            if try await client.send(.pipelines.list()).contains(where: { $0.name == pipeline }) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func draft(_ client: ControlClient) async throws -> PipelineDraft {
        let bases = try await client.send(.bases.list()).map(\.id.rawValue)
        guard let first = bases.first else {
            throw Failure(
                code: "init.no_base", "No base is registered, and a pipeline starts from one.",
                remedy: "Register one first: `ftctl base add FILE.gguf`.")
        }
        let chosen = base?.rawValue ?? Choice.ask("Which base does it start from?", bases) ?? first
        guard bases.contains(chosen) || chosen == BaseID.automatic.rawValue else {
            throw Failure(
                code: "base.unknown", "The base model '\(chosen)' is not registered.", at: chosen,
                remedy: NearestName.question(chosen, among: bases) ?? "Name one of: \(bases.joined(separator: ", ")).")
        }
        return PipelineDraft(
            name: pipeline, base: BaseID(chosen),
            answers: answers ?? Choice.ask("What are the answers?") ?? .labels,
            promote: promote ?? Choice.ask("Who promotes a model that passed its gates?") ?? .auto)
    }
}

extension PipelineSettings.PromotionPolicy: ExpressibleByArgument {}
