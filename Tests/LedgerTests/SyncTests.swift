import Foundation
import Nouns
import TestSupport
import Testing

@testable import Ledger

/// What is said to be done is on the disk when it is said: every kind of acknowledged change is synced.
struct SyncTests {
    /// A ledger with everything that the changes need.
    private static func ledger(_ sandbox: Sandbox) throws -> Ledger {
        try #require(SyncCounter.begin())
        let ledger = try Ledger(path: sandbox.layout.ledger)
        try ledger.add(card("tiny"))
        try ledger.add(
            Snapshot(id: "s", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
        for _ in 0..<3 { _ = try ledger.queue(taking: []) { run($0) } }
        for event in RunEvent.path(to: .accepted) { _ = try ledger.apply("r-000001", event) }
        try ledger.add(
            ModelVersion(
                id: "v-1", pipeline: "p", run: "r-000001", base: "tiny", baseDigest: "d", adapters: [],
                snapshot: "s", recipe: Recipe(), createdAt: Date(), code: "c", machine: "m"))
        _ = try ledger.receive(drop("d-1", .received))
        _ = try ledger.receive(drop("d-2", .stored))
        return ledger
    }

    private static func card(_ id: BaseID) -> BaseCard {
        BaseCard(
            id: id, architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1, width: 1,
            vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: id.rawValue,
            trainingMemoryBytes: 1)
    }

    private static func run(_ id: RunID) -> Run {
        Run(
            id: id, pipeline: "p", mode: .fromBase, base: "tiny", snapshot: "s", drops: [], recipe: Recipe(),
            createdAt: Date(), requestedBy: "t")
    }

    private static func drop(_ id: DropID, _ state: Drop.State) -> Drop {
        Drop(
            id: id, pipeline: "p", name: "\(id)", sha256: id.rawValue, bytes: 1, state: state, receivedAt: Date())
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let make: @Sendable (Ledger) throws -> Void
        init(_ name: String, _ make: @escaping @Sendable (Ledger) throws -> Void) {
            testDescription = name
            self.make = make
        }
    }

    static let changes = [
        Change("drop received") { _ = try $0.receive(drop("d-3", .received)) },
        Change("drop judged") { try $0.update(drop("d-1", .validated)) },
        Change("drop stored") { try $0.finish(drop("d-1", .stored), shards: [:]) },
        Change("drop revoked") { _ = try $0.revoke("d-2", kept: [], shards: [], who: "ann", reason: "r") },
        Change("run queued") { _ = try $0.queue(taking: []) { run($0) } },
        Change("run cancelled") { _ = try $0.apply("r-000002", .cancelled(by: "ann")) },
        Change("run at work") { _ = try $0.apply("r-000003", .workerStarted(resumes: false)) },
        Change("promotion") {
            _ = try $0.promote("p", to: "v-1", run: "r-000001", kind: .manual, who: "ann", reason: "r")
        },
        Change("rollback") { _ = try $0.promote("p", to: nil, run: nil, kind: .rollback, who: "ann", reason: "r") },
        Change("alias") { try $0.setAlias("stable", of: "p", to: "v-1", who: "ann") },
        Change("notes") { _ = try $0.annotate("v-1", notes: "n", tags: [:]) },
        Change("base added") { try $0.add(card("other")) },
        Change("base removed") { try $0.removeBase("tiny-2") },
        Change("upload opened") {
            try $0.open(Upload(id: "u-1", owner: "ann", isBase: true, bound: 1, expiresAt: Date()))
        },
        Change("event noted") { try $0.happen(.degraded, "p", reason: "r") },
    ]

    @Test(arguments: changes) func anAcknowledgedChangeIsSynced(change: Change) throws {
        let sandbox = try Sandbox()
        let ledger = try Self.ledger(sandbox)
        try ledger.add(Self.card("tiny-2"))
        let before = SyncCounter.count(sandbox.layout.ledger)
        try change.make(ledger)
        #expect(SyncCounter.count(sandbox.layout.ledger) > before)
    }

    /// The counter tells apart: with the journal's usual setting there is none.
    @Test func theCounterSeesALedgerThatDoesNotSync() throws {
        let sandbox = try Sandbox()
        let ledger = try Self.ledger(sandbox)
        try ledger.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
        let before = SyncCounter.count(sandbox.layout.ledger)
        try ledger.setAlias("stable", of: "p", to: "v-1", who: "ann")
        #expect(SyncCounter.count(sandbox.layout.ledger) == before)
    }
}
