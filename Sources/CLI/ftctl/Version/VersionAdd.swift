import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct VersionAdd: Question {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Register a version that another daemon has packed, and have the gates judge it here.",
        discussion: """
            It is a foreign version with a run of its own, which is judged like any other. It is served once its gates \
            have passed here, or by `ftctl promote RUN --force`.

            Example: ftctl version add tickets.ftv --pipeline tickets
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The file that `ftctl version pack` wrote.", completion: .file()) var file: String
    @Option(help: "The pipeline that it is for.", completion: .pipelines) var pipeline: PipelineName

    func ask(_ client: ControlClient) async throws -> Run {
        let upload = try await client.send(.uploads.open(UploadQuery(purpose: .base)))
        let name = "version.ftv"
        try await client.upload(.uploads.put(UploadPlace(upload.id, file: name)), file: file) { sent in
            if Terminal.isInteractive { Terminal.replace("  \(name): \(Quantity.bytes(sent))") }
        }
        if Terminal.isInteractive { Terminal.replace("") }
        return try await client.send(
            .versions.add(pipeline, AddVersionRequest(upload: upload.id, file: name)))
    }

    func document(_ run: Run) -> Document {
        guard let foreign = run.foreign else { return Document([.paragraph("Added as run \(run.id).")]) }
        return Document(
            title: "\(foreign.version) of \(foreign.pipeline), as run \(run.id)",
            [
                .facts(
                    [
                        Fact("trained on", foreign.machine), Fact("by", foreign.code),
                        Fact("at", Quantity.time(foreign.trainedAt)),
                        Fact("judged there", foreign.verdict ?? Quantity.none),
                    ]
                        + foreign.figures.sorted { $0.key < $1.key }.map {
                            Fact("\($0.key.rawValue) there", Quantity.number($0.value))
                        }),
                .paragraph("It waits for the gates of \(run.pipeline): `ftctl watch \(run.id)`."),
            ])
    }
}
