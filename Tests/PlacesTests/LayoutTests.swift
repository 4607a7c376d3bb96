import Foundation
import Nouns
import Places
import TestSupport
import Testing

/// Ledgers, people and other programs know these paths: each stays where it is.
struct LayoutTests {
    /// Every place, by what it is called in the code.
    private func places(_ layout: Layout) -> [(String, String)] {
        [
            ("settings", layout.settings), ("daemonSettings", layout.daemonSettings),
            ("pipelineSettings", layout.pipelineSettings), ("pipelineFile", layout.pipelineFile("tickets")),
            ("pipelineFolder", layout.pipelineFolder("tickets")), ("golden", layout.golden("tickets")),
            ("state", layout.state), ("ledger", layout.ledger), ("runtime", layout.runtime), ("socket", layout.socket),
            ("lock", layout.lock), ("hooks", layout.hooks), ("drops", layout.drops), ("drop", layout.drop("tickets")),
            ("intake", layout.intake("tickets")), ("intake of a drop", layout.intake("tickets", drop: "d-1")),
            ("dropReport", layout.dropReport("tickets", "d-1")), ("quarantine", layout.quarantine("tickets")),
            ("datasets", layout.datasets("tickets")), ("shards", layout.shards("tickets")),
            ("snapshots", layout.snapshots("tickets")), ("nearIndex", layout.nearIndex("tickets")),
            ("goldenRows", layout.goldenRows("tickets")), ("uploads", layout.uploads), ("upload", layout.upload("u-1")),
            ("base", layout.base("tiny")), ("baseCard", layout.baseCard("tiny")), ("models", layout.models("tickets")),
            ("version", layout.version("tickets", "v-1")), ("versionRecord", layout.versionRecord("tickets", "v-1")),
            ("current", layout.current("tickets")), ("export", layout.export("v-1")), ("runs", layout.runs),
            ("run", layout.run("r-000001")), ("events", layout.events("r-000001")),
            ("checkpoint", layout.checkpoint("r-000001")), ("rangeTest", layout.rangeTest("r-000001")),
            ("evaluation", layout.evaluation("r-000001", of: .candidate)),
            ("artefacts", layout.artefacts("r-000001")), ("artefact", layout.artefact("r-000001", .ggufF16)),
            ("scratch", layout.scratch("measure-tickets-42")), ("experiment", layout.experiment("x-000001")),
            ("trial", layout.trial(3, of: "x-000001")),
        ]
    }

    @Test(arguments: [("installed", "/"), ("sandbox", "/tmp/sandbox/")])
    func everyPathStaysWhereItIs(name: String, root: String) throws {
        let text = places(Layout(root: root)).map { "\($0): \($1)\n" }.joined()
        #expect(try Golden("PlacesTests/Golden").difference(name, input: "root \(root)", output: text) == nil)
    }

    @Test func daemonAndWorkerCallTheirFilesTheSame() {
        let folder = WorkFolder("/runs/r-1")
        #expect(
            [folder.request, folder.events, folder.result, folder.complaints, folder.checkpoint] == [
                "/runs/r-1/request.json", "/runs/r-1/events.jsonl", "/runs/r-1/result.json", "/runs/r-1/stderr.log",
                "/runs/r-1/checkpoint.safetensors",
            ])
    }

    @Test func theWorkerIsFoundBesideOrInItsPrefix() throws {
        let sandbox = try Sandbox()
        #expect(InstalledPrograms(folder: sandbox.root + "/bin").worker == nil)
        for place in ["/libexec/finetuned", "/bin"] {
            let folder = sandbox.root + place
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            #expect(
                FileManager.default.createFile(
                    atPath: folder + "/finetune-worker", contents: Data(), attributes: [.posixPermissions: 0o755]))
            #expect(InstalledPrograms(folder: sandbox.root + "/bin").worker == folder + "/finetune-worker")
        }
    }

    @Test func aRootWhoseSocketCouldNotBeMadeIsRefused() throws {
        let ending = "/run/finetuned.sock"
        let longest = Layout(root: "/" + String(repeating: "x", count: 107 - ending.utf8.count - 1))
        #expect(longest.socket.utf8.count == 107)
        try longest.checkSocket()
        let error = #expect(throws: Failure.self) { try Layout(root: longest.root + "xyz").checkSocket() }
        #expect(error?.code == "socket.path")
        #expect(error?.message.contains("110 bytes, and the system allows 107") == true)
        #expect(error?.remedy?.contains("by 3 bytes") == true)
    }
}
