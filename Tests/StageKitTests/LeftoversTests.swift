import Foundation
import Ledger
import Nouns
import Platform
import TestSupport
import Testing

@testable import StageKit

/// After a kill, what no row of the ledger names is gone, and nothing else.
struct LeftoversTests {
    let sandbox: Sandbox
    let ledger: Ledger
    var leftovers: Leftovers { Leftovers(sandbox.layout, ledger) }

    init() throws {
        sandbox = try Sandbox()
        ledger = try Ledger(path: sandbox.layout.ledger)
        try ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
                trainingMemoryBytes: 1))
        try ledger.add(Snapshot(id: "s", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
        _ = try ledger.queue(taking: []) {
            Run(
                id: $0, pipeline: "p", mode: .fromBase, base: "tiny", snapshot: "s", drops: [], recipe: Recipe(),
                createdAt: Date(), requestedBy: "t")
        }
        _ = try ledger.receive(
            Drop(id: "d-1", pipeline: "p", name: "a", sha256: "a", bytes: 1, state: .received, receivedAt: Date()))
        try ledger.open(Upload(id: "u-1", owner: "ann", isBase: true, bound: 1, expiresAt: Date()))
    }

    private func put(_ path: String) throws -> String {
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(filePath: path))
        return path
    }

    /// A worker of the daemon before may still be leaving when the next one begins.
    @Test func whoIsLeavingIsWaitedFor() throws {
        let pipe = try #require(popen("sleep 0.3 >/dev/null & echo $!", "r"))
        var line = [CChar](repeating: 0, count: 32)
        _ = fgets(&line, 32, pipe)
        pclose(pipe)
        let digits = line.prefix { $0 >= 48 }.map { UInt8($0) }
        let writer = try #require(Int(String(decoding: digits, as: UTF8.self)))
        let file = try put(sandbox.layout.run("r-000001") + "/.checkpoint.\(writer)-1x.tmp")
        #expect(try leftovers.remove() == 1 && !FileManager.default.fileExists(atPath: file))
    }

    @Test func whatNobodyNamesIsFoundAndRemoved() throws {
        let layout = sandbox.layout
        let kept = [
            layout.run("r-000001") + "/request.json", layout.base("tiny") + "/card.json",
            layout.upload("u-1") + "/a.gguf", layout.intake("p", drop: "d-1") + "/original",
            layout.intake("p") + "/.claim-d-2/original", layout.hooks + "/evt_1.log",
            // Of a worker that is still at work.
            layout.run("r-000001") + "/.adapter.\(getppid()).tmp",
        ]
        let left = [
            layout.scratch("measure-p-1") + "/request.json", layout.base("half") + "/half.gguf",
            layout.upload("u-2") + "/b.gguf", layout.experiment("x-000009") + "/t1/events.jsonl",
            layout.version("p", "v-half") + "/version.json", layout.models("p") + "/.v-half/version.json",
            layout.shards("p") + "/.shard-1-2.tmp", layout.shards("p") + "/deadbeef.jsonl.zst",
            layout.intake("p", drop: "d-1") + "/.rows.jsonl.zst.\(getpid())-1z.tmp",
            layout.run("r-000001") + "/.result.json.\(getpid())-abc.tmp", layout.hooks + "/evt_2.json",
            layout.hooks + "/evt_2.work/scores.csv", layout.state + "/.ledger.\(getpid())-1.tmp",
        ]
        for path in kept + left { _ = try put(path) }
        let found = try leftovers.find()
        #expect(found.count == left.count, "\(found)")
        #expect(try leftovers.remove() == left.count)
        for path in kept { #expect(FileManager.default.fileExists(atPath: path), "\(path)") }
        for path in left { #expect(!FileManager.default.fileExists(atPath: path), "\(path)") }
        #expect(try leftovers.find().isEmpty)
    }

    @Test func aLedgerThatIsOlderThanItsFilesIsRefused() throws {
        try leftovers.checkAge()
        _ = try put(sandbox.layout.run("r-000007") + "/events.jsonl")
        let failure = #expect(throws: Failure.self) { try leftovers.checkAge() }
        #expect(failure?.code == "ledger.older" && failure?.message.contains("r-000007") == true)
    }

    @Test(arguments: [false, true]) func aLedgerThatIsNotThereIsNotBegunAnew(isEmptied: Bool) throws {
        let other = try Sandbox()
        try LedgerCheck.check(other.layout)
        if isEmptied { try Data().write(to: URL(filePath: other.layout.ledger)) }
        try LedgerCheck.check(other.layout)
        try FileManager.default.createDirectory(
            atPath: other.layout.models("p"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: other.layout.current("p"), withDestinationPath: "v-1")
        let failure = #expect(throws: Failure.self) { try LedgerCheck.check(other.layout) }
        #expect(failure?.code == "ledger.missing" && failure?.remedy?.contains("backup") == true)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: other.layout.current("p")) == "v-1")
        #expect(FileManager.default.fileExists(atPath: other.layout.ledger) == isEmptied, "nothing is touched")
    }
}
