import ControlProtocol
import Foundation
import Nouns
import Places
import Platform
import TestSupport
import Testing

@testable import Backups

/// Backups without a daemon: what is taken, what is left out, what is put back, and what is refused.
struct BackupTests {
    let sandbox: Sandbox
    let folder: String
    var layout: Layout { sandbox.layout }

    init() throws {
        sandbox = try Sandbox()
        folder = sandbox.root + "-backups"
        try sandbox.settings("log_level = \"info\"\n")
        try put("the ledger", layout.ledger)
        try put("weights", layout.version("tickets", "v-1") + "/adapter-0/adapter_model.safetensors", mode: 0o440)
        try AtomicFile.link(layout.current("tickets"), to: "v-1")
        try put("events", layout.run("r-000001") + "/events.jsonl")
    }

    private func put(_ text: String, _ path: String, mode: mode_t = 0o640) throws {
        try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
        try AtomicFile.write(Data(text.utf8), to: path, mode: mode)
    }

    /// Makes a backup where the daemon answers with a copy of the ledger as it lies there.
    ///
    /// - Parameters:
    ///   - named: what the ledger names at each try; the last for all further ones.
    ///   - meanwhile: what happens as the ledger is copied.
    private func backUp(
        named: [[NamedFile]] = [[]], keeping count: Int? = nil, meanwhile: () async throws -> Void = {}
    ) async throws -> BackupMaker.Outcome {
        let tries = Tries(named)
        let copy = layout.backup("b-1")
        return try await BackupMaker(layout, to: folder).make(
            keeping: count,
            open: {
                try await meanwhile()
                try put(try String(contentsOfFile: layout.ledger, encoding: .utf8), copy + "/ledger.sqlite")
                try AtomicFile.write(try ContractCoding.encode(tries.next()), to: copy + "/files.json")
                return BackupAnswer(
                    id: "b-1", folder: copy, at: Date(timeIntervalSince1970: 60), program: "0.1", schema: 1,
                    lastRun: "r-000001")
            },
            close: { _ in try FileManager.default.removeItem(atPath: copy) })
    }

    private final class Tries: @unchecked Sendable {
        private var rest: [[NamedFile]]
        init(_ lists: [[NamedFile]]) { rest = lists }
        func next() -> [NamedFile] { rest.count > 1 ? rest.removeFirst() : rest[0] }
    }

    private func lose() throws {
        for path in [layout.settings, layout.state] { try FileManager.default.removeItem(atPath: path) }
    }

    private func refusal(_ body: () throws -> Void) -> String? {
        do { try body() } catch let failure as Failure { return failure.code } catch { return "\(error)" }
        return nil
    }

    @Test func everythingIsPutBackAsItWas() async throws {
        let odd = RawPath(layout.intake("tickets", drop: "d-1")).appending([0x61, 0xff, 0x25])
        try AtomicFile.makeFolder(layout.intake("tickets", drop: "d-1"))
        let descriptor = odd.withCString { open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640) }
        try #require(descriptor >= 0 && write(descriptor, "odd", 3) == 3)
        close(descriptor)
        let made = try await backUp()
        #expect(made.faults.isEmpty && made.added.files == made.manifest.files + 1, "the ledger as well")
        try lose()
        let restored = try Restoring(layout, from: folder).restore(nil)
        #expect(restored.manifest.id == made.manifest.id && restored.kept.isEmpty)
        let weights = layout.version("tickets", "v-1") + "/adapter-0/adapter_model.safetensors"
        #expect(try String(contentsOfFile: weights, encoding: .utf8) == "weights")
        #expect(try RawPath(weights).status().st_mode & 0o777 == 0o440)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: layout.current("tickets")) == "v-1")
        #expect(try String(contentsOfFile: layout.ledger, encoding: .utf8) == "the ledger")
        #expect(try RawPath(layout.ledger).status().st_mode & 0o777 == 0o600)
        #expect(try String(contentsOfFile: layout.daemonSettings, encoding: .utf8) == "log_level = \"info\"\n")
        let back = try odd.openFile()
        defer { close(back) }
        #expect(try Digest.sha256(descriptor: back, path: "odd") == Digest.sha256(Data("odd".utf8)))
    }

    @Test func whatIsMadeAnewOrUnderWayIsLeftOut() async throws {
        for path in [
            layout.fingerprints, layout.lock, layout.ledger + "-wal", layout.ledger + ".before-3",
            layout.upload("u-1") + "/w.gguf", layout.stagedBase("x") + "/config.json",
            layout.scratch("measure-1") + "/x", layout.runs + "/r-000002/events.jsonl",
            layout.shards("tickets") + "/.shard-1-2.tmp",
        ] { try put("x", path) }
        let paths = try await backUp().manifest.entries.map(\.path)
        #expect(
            paths.filter { $0.contains("/") && !$0.hasSuffix("tickets") }.filter { path in
                ["finger", "lock", "sqlite", "upload", "staged", "measure", "r-000002", ".tmp", "backups"]
                    .contains { path.contains($0) }
            }.isEmpty, "\(paths)")
        #expect(paths.contains { $0.hasSuffix("r-000001/events.jsonl") })
    }

    @Test func laterBackupsTakeWhatIsNew() async throws {
        let first = try await backUp()
        try put("more", layout.run("r-000001") + "/result.json")
        let second = try await backUp()
        #expect(second.added.files == 1, "the same ledger, and one new file: \(second.added)")
        #expect(second.manifest.id != first.manifest.id)
        let store = BackupStore(folder: folder)
        #expect(try store.all() == [first.manifest.id, second.manifest.id])
        // What only the older one needed goes with it.
        try put("other", layout.run("r-000001") + "/events.jsonl")
        let third = try await backUp(keeping: 2)
        #expect(third.removed == 1)
        #expect(try store.all() == [second.manifest.id, third.manifest.id])
        #expect(try await backUp(keeping: 1).removed == 2)
        #expect(!store.has(Digest.sha256(Data("events".utf8))) && store.has(Digest.sha256(Data("other".utf8))))
        try lose()
        _ = try Restoring(layout, from: folder).restore(nil)
    }

    @Test func oneIsMadeAtATime() async throws {
        let made = try await backUp {
            let other = await #expect(throws: Failure.self) { _ = try await backUp(keeping: 1) }
            #expect(other?.code == "backup.busy" && other?.place == folder)
        }
        #expect(try BackupStore(folder: folder).all() == [made.manifest.id])
        _ = try await backUp()
    }

    /// A file that goes away between the ledger's copy and its turn is not missed: the next copy does not name it.
    @Test func aFileThatWasLetGoMeanwhileIsTriedAgain() async throws {
        let gone = NamedFile(path: layout.run("r-000001") + "/gone", sha256: "0", owner: "run r-000001")
        let outcome = try await backUp(named: [[gone], []])
        #expect(outcome.faults.isEmpty)
    }

    @Test func aFileThatIsGoneForGoodOrChangedIsSaid() async throws {
        let gone = NamedFile(path: layout.run("r-000001") + "/gone", sha256: "0", owner: "run r-000001")
        let changed = NamedFile(path: layout.run("r-000001") + "/events.jsonl", sha256: "0", owner: "run r-000001")
        let outcome = try await backUp(named: [[gone, changed]])
        #expect(outcome.faults.map(\.code).sorted() == ["file.changed", "file.gone"])
        #expect(outcome.faults.allSatisfy { $0.remedy != nil })
    }

    @Test func nothingIsWrittenOverStateThatIsThere() async throws {
        _ = try await backUp()
        #expect(refusal { _ = try Restoring(layout, from: folder).restore(nil) } == "restore.present")
        #expect(try String(contentsOfFile: layout.ledger, encoding: .utf8) == "the ledger")
    }

    @Test func settingsThatAreThereStay() async throws {
        _ = try await backUp()
        try FileManager.default.removeItem(atPath: layout.state)
        try sandbox.settings("log_level = \"debug\"\n")
        #expect(try Restoring(layout, from: folder).restore(nil).kept == [layout.daemonSettings])
        #expect(try String(contentsOfFile: layout.daemonSettings, encoding: .utf8) == "log_level = \"debug\"\n")
    }

    @Test func aDamagedObjectIsRefusedAndNothingPassesForWhole() async throws {
        let made = try await backUp()
        let object = BackupStore(folder: folder).path(Digest.sha256(Data("weights".utf8)))
        try AtomicFile.write(Data("Weights".utf8), to: object)
        try lose()
        #expect(refusal { _ = try Restoring(layout, from: folder).restore(nil) } == "backup.damaged")
        #expect(!FileManager.default.fileExists(atPath: layout.ledger))
        // Mended, it is taken up where it was.
        try AtomicFile.write(Data("weights".utf8), to: object)
        #expect(try Restoring(layout, from: folder).restore(made.manifest.id).manifest == made.manifest)
    }

    @Test func whatCannotBeRestoredSaysWhy() async throws {
        #expect(refusal { _ = try Restoring(layout, from: folder).restore(nil) } == "backup.unknown")
        let made = try await backUp()
        try lose()
        #expect(refusal { _ = try Restoring(layout, from: folder).restore("other") } == "backup.unknown")
        let other = try Sandbox()
        #expect(refusal { _ = try Restoring(other.layout, from: folder).restore(nil) } == "restore.root")
        let lock = try {
            try AtomicFile.makeFolder(layout.state)
            return try FileLock(folder: layout.state, file: layout.lock)
        }()
        #expect(refusal { _ = try Restoring(layout, from: folder).restore(nil) } == "daemon.running")
        withExtendedLifetime(lock) {}
        // A manifest is no order to write anywhere.
        var manifest = made.manifest
        manifest.entries[0].path = "var/lib/finetuned/../../../etc/passwd"
        try BackupStore(folder: folder).keep(manifest)
    }

    @Test func aManifestThatLeadsElsewhereIsRefused() async throws {
        var manifest = try await backUp().manifest
        for path in [
            "etc/passwd", "var/lib/finetuned/../../../x", "var/lib/finetuned/%2E%2E/x", "var/lib/finetuned//x",
        ] {
            manifest.entries = [
                BackupManifest.Entry(path: path, kind: .folder, mode: 0o750, owner: "root", group: "root")
            ]
            try BackupStore(folder: folder).keep(manifest)
            try? FileManager.default.removeItem(atPath: layout.state)
            #expect(refusal { _ = try Restoring(layout, from: folder).restore(nil) } == "backup.format", "\(path)")
        }
    }

    @Test func aFolderOfSomethingElseIsNotTaken() async throws {
        try put("mine", folder + "/thesis.txt")
        await #expect(throws: Failure.self) { try await backUp() }
    }

    @Test(arguments: [[0x61], [0x25], [0x0a, 0xff], Array("größe %41".utf8)] as [[UInt8]])
    func namesKeepEveryByte(name: [UInt8]) {
        let text = PathText.text(name)
        #expect(PathText.name(text[...]) == name)
        #expect(!text.contains("\n"))
    }
}
