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
            exit status is 1 where one of them is quarantined. With --watch the run that learns from them is followed: \
            0 where it is promoted, or where every row is known already; 1 where a file is refused or quarantined; 2 \
            where the run ends in another way; 3 where the rows are stored and no run follows by itself, or where it \
            takes longer than --timeout. With --as a file is sent to the daemon with its names of columns, which hold \
            for it alone; those of data.columns hold for the others.

            Example: ftctl drop add tickets export.csv --as prompt=Question,completion=Answer
            Example: ftctl drop add tickets monday.jsonl --watch
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Argument(help: "Files, or folders of files; - for standard input.", completion: .file()) var files: [String]
    @Option(help: "The name to drop the one file under.") var name: String?
    @OptionGroup var names: ColumnNames
    @Flag(help: "Wait until they are judged, and say what became of each.") var wait = false
    @Flag(help: "Wait, then follow the run that learns from them to its end.") var watch = false

    func validate() throws {
        guard name == nil || files.count == 1 else { throw ValidationError("--name is for one file.") }
        guard files.count(where: { $0 == StandardInput.mark }) <= 1 else {
            throw ValidationError("Standard input can be dropped once.")
        }
        if let name, name.isEmpty || name.hasPrefix(".") || name.contains("/") {
            throw ValidationError("'\(name)' cannot name a file in a drop folder.")
        }
    }

    func run() async throws {
        try await connection.use(waits: wait || watch) { client in
            let placed = try await ask(client)
            if !watch || !connection.json { try connection.show(placed) { document(placed) } }
            var answer = WatchedDrops(files: placed)
            var status = status(placed)
            if watch, status == 0 {
                let drops = DropWatch(
                    follower: RunFollower(client: client, output: connection.json ? .nothing : .text),
                    pipeline: pipeline, drops: placed.compactMap(\.drop))
                let outcome = try await Waiting.atMost(connection.timeout, for: "The run") { try await drops.outcome() }
                status = outcome.status
                answer.add(outcome)
                if case .ended = outcome {} else { drops.follower.say(outcome.sentence) }
            }
            if watch, connection.json { try connection.show(answer) { Document() } }
            if status != 0 { throw ExitCode(status) }
        }
    }

    func ask(_ client: ControlClient) async throws -> [PlacedDrop] {
        let folder = try await client.send(.pipelines.show(pipeline)).dropFolder
        var waiting = try await DropWaiting(client, pipeline: pipeline)
        let scratch = try ScratchFolder()
        for file in files {
            let (source, usual) = try source(file, scratch)
            let name = name ?? usual
            if let columns = try names.columns() {
                let drop = try await UploadedDrop(client: client, pipeline: pipeline).add(
                    source, named: name, DropOrigin(columns: columns))
                waiting.placed.append(PlacedDrop(file: file, path: folder + "/" + name, drop: drop))
                continue
            }
            try DropFolder(path: folder).place(RawPath(source), as: name)
            waiting.placed.append(PlacedDrop(file: file, path: folder + "/" + name))
        }
        guard wait || watch else { return waiting.placed }
        let judged = waiting
        return try await Waiting.atMost(connection.timeout, for: "Judging the files") { try await judged.outcome() }
    }

    /// Where the bytes of what was given lie, and the name that it is dropped under unless another is asked for.
    private func source(_ file: String, _ scratch: ScratchFolder) throws -> (path: String, name: String) {
        guard file == StandardInput.mark else {
            // A link given by hand is meant as what it points to; inside a drop folder none is followed.
            let url = URL(filePath: file).standardizedFileURL
            return (url.resolvingSymlinksInPath().path, url.lastPathComponent)
        }
        let name = "stdin-\(Int(Date().timeIntervalSince1970))"
        try StandardInput.copy(to: scratch.path + "/" + name)
        return (scratch.path + "/" + name, name)
    }

    func document(_ placed: [PlacedDrop]) -> Document { PlacedDrop.document(placed) }

    func status(_ placed: [PlacedDrop]) -> Int32 { PlacedDrop.status(placed) }
}
