import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Places
import Platform
import Reports

struct DropRetry: Question {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Drop again what is quarantined, once the reason is mended.",
        discussion: """
            The kept original is copied into the drop folder under its own name; the quarantined drop and its report \
            stay. Exit status 1 where one is quarantined again.

            Example: ftctl drop retry d-20270115-080000-0a1b2c3d
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "Quarantined drops.", completion: .drops) var drops: [DropID]
    @Flag(inversion: .prefixedNo, help: "Wait until they are judged, and say what became of each.") var wait = true

    func ask(_ client: ControlClient) async throws -> [PlacedDrop] {
        let root = try await client.send(.status.show()).root
        var all: [PlacedDrop] = []
        for id in drops {
            let report = try await client.send(.drops.report(id))
            guard report.quarantined != nil else {
                throw Failure(
                    code: "drop.not_quarantined", "The drop '\(id)' is not quarantined.", at: id.rawValue,
                    remedy: "Drop a file again with `ftctl drop add \(report.pipeline) FILE`.")
            }
            let folder = try await client.send(.pipelines.show(report.pipeline)).dropFolder
            let original = Layout(root: root).intake(report.pipeline, drop: id) + "/original"
            var waiting = try await DropWaiting(client, pipeline: report.pipeline)
            var placed = PlacedDrop(file: id.rawValue, path: folder + "/" + report.name)
            let known = try await client.send(.drops.list(DropQuery(pipeline: report.pipeline, limit: 100_000)))
            if let origin = known.first(where: { $0.id == id })?.origin {
                placed.drop = try await UploadedDrop(client: client, pipeline: report.pipeline).add(
                    original, named: report.name, origin)
            } else {
                try DropFolder(path: folder).place(RawPath(original), as: report.name)
            }
            waiting.placed = [placed]
            all += wait ? try await waiting.outcome() : waiting.placed
        }
        return all
    }

    func document(_ placed: [PlacedDrop]) -> Document { PlacedDrop.document(placed) }

    func status(_ placed: [PlacedDrop]) -> Int32 { PlacedDrop.status(placed) }
}
