import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Platform
import Reports

struct DropAdd: Question {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Put copies of files or folders into a pipeline's drop folder.",
        discussion: """
            Each is copied under a hidden name and then renamed, so that the daemon takes it whole. With --wait the \
            exit status is 1 where one of them is quarantined.
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.") var pipeline: PipelineName
    @Argument(help: "Files, or folders of files.", completion: .file()) var files: [String]
    @Option(help: "The name to drop the one file under.") var name: String?
    @Flag(help: "Wait until they are judged, and say what became of each.") var wait = false

    func validate() throws {
        guard name == nil || files.count == 1 else { throw ValidationError("--name is for one file.") }
        if let name, name.isEmpty || name.hasPrefix(".") || name.contains("/") {
            throw ValidationError("'\(name)' cannot name a file in a drop folder.")
        }
    }

    func ask(_ client: ControlClient) async throws -> [PlacedDrop] {
        let folder = try await client.send(.pipelines.show(pipeline)).dropFolder
        var waiting = try await DropWaiting(client, pipeline: pipeline)
        for file in files {
            // A link given by hand is meant as what it points to; inside a drop folder none is followed.
            let source = URL(filePath: file).standardizedFileURL.resolvingSymlinksInPath().path
            let name = name ?? URL(filePath: file).standardizedFileURL.lastPathComponent
            try DropFolder(path: folder).place(RawPath(source), as: name)
            waiting.placed.append(PlacedDrop(file: file, path: folder + "/" + name))
        }
        return wait ? try await waiting.outcome() : waiting.placed
    }

    func document(_ placed: [PlacedDrop]) -> Document { PlacedDrop.document(placed) }

    func status(_ placed: [PlacedDrop]) -> Int32 { PlacedDrop.status(placed) }
}
