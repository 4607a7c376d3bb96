import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct PipelineRetire: Question {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "End a pipeline: its work is cancelled, nothing of it is served, its models' files go.",
        discussion: """
            Its settings file is moved away to NAME.toml.retired. Its records stay, and so does its data without \
            --erase. It cannot be undone.

            Example: ftctl pipeline retire tickets --reason "the shop is closed"
            """
    )
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Option(help: ArgumentHelp("Why; on the record for ever.", valueName: "text")) var reason: String
    @Flag(help: "Also remove its data: what was dropped, its rows, and every text made from them.") var erase = false

    func ask(_ client: ControlClient) async throws -> RetireAnswer {
        try moveFileAway()
        return try await client.send(.pipelines.retire(pipeline, RetireRequest(reason: reason, erase: erase)))
    }

    func document(_ answer: RetireAnswer) -> Document {
        var lines = [
            """
            Retired \(answer.pipeline)\(answer.served.map { ", which served \($0)" } ?? ""); \
            \(Quantity.bytes(answer.bytes)) are removed. Its records stay: `ftctl history \(answer.pipeline)`.
            """
        ]
        let ended = answer.cancelled.map(\.rawValue) + answer.stopped.map(\.rawValue)
        if !ended.isEmpty { lines.append("Cancelled: \(Quantity.list(ended)).") }
        if answer.erased > 0 { lines.append("The data of \(Quantity.counted(answer.erased, "drop")) is erased.") }
        return Document(lines.map { .paragraph($0) })
    }

    /// The daemon may not write where settings lie; whoever ends a pipeline may.
    private func moveFileAway() throws {
        let file = try connection.layout().pipelineFile(pipeline)
        guard FileManager.default.fileExists(atPath: file) else { return }
        guard rename(file, file + ".retired") == 0 else {
            throw Failure(
                code: "client.file", "The settings file cannot be moved away: \(String(cString: strerror(errno))).",
                at: file, remedy: "Do it with the rights of whoever may write there (sudo), then ask again.")
        }
    }
}
