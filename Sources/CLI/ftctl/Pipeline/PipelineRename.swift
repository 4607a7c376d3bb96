import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct PipelineRename: Question {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a pipeline another name; its data, models and history come along.",
        discussion: """
            The settings file, drop folder and link are moved; programs that use the old paths have to follow.

            Example: ftctl pipeline rename tickets support
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Argument(help: "Its new name, which was never used before.") var name: PipelineName

    func ask(_ client: ControlClient) async throws -> RenameAnswer {
        let layout = try connection.layout()
        let (file, away) = (layout.pipelineFile(pipeline), layout.pipelineFile(pipeline) + ".renaming")
        guard !FileManager.default.fileExists(atPath: layout.pipelineFile(name)) else {
            throw Failure(
                code: "pipeline.exists", "There is a pipeline '\(name)' already.", at: layout.pipelineFile(name),
                remedy: "Choose another name.")
        }
        // Nothing is begun under either name meanwhile.
        if FileManager.default.fileExists(atPath: file) { try move(file, away) }
        let answer: RenameAnswer
        do { answer = try await client.send(.pipelines.rename(pipeline, RenameRequest(name: name))) } catch {
            if FileManager.default.fileExists(atPath: away) { try move(away, file) }
            throw error
        }
        let folder = layout.pipelineFolder(pipeline)
        if FileManager.default.fileExists(atPath: folder) { try move(folder, layout.pipelineFolder(name)) }
        if FileManager.default.fileExists(atPath: away) { try move(away, layout.pipelineFile(name)) }
        return answer
    }

    func document(_ answer: RenameAnswer) -> Document {
        .sentence(
            """
            \(answer.former) is called \(answer.pipeline) from now on, and so are its folders; programs that read \
            models/\(answer.former)/current or drop into drop/\(answer.former) have to follow.
            """)
    }

    private func move(_ from: String, _ to: String) throws {
        guard Foundation.rename(from, to) == 0 else {
            throw Failure(
                code: "client.file", "It cannot be renamed to \(to): \(String(cString: strerror(errno))).", at: from,
                remedy: "Do it with the rights of whoever may write there (sudo), then ask again.")
        }
    }
}
