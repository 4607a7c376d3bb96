import Foundation
import Ledger
import Logging
import Nouns
import Platform
import Settings
import StageKit
import TestSupport
import Testing

@testable import Scheduling

/// Whether a snapshot has pairs, of which the reports of its drops tell.
struct SnapshotPairsTests {
    let sandbox: Sandbox
    let context: StageContext
    let builder: SnapshotBuilder

    init() throws {
        sandbox = try Sandbox()
        try sandbox.pipeline("p", "base = \"tiny\"\n")
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder.read(sandbox.layout)), logger: Logger(label: "test"))
        builder = SnapshotBuilder(context: context, pipeline: try context.requirePipeline("p"))
    }

    private func report(_ drop: DropID, _ shape: RowShape) throws {
        let path = sandbox.layout.dropReport("p", drop)
        try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
        try AtomicFile.write(Data(#"{"shapes":{"\#(shape.rawValue)":3}}"#.utf8), to: path)
    }

    private func snapshot(_ drops: Set<DropID>) throws -> Snapshot {
        // Another content is another snapshot.
        let file = FileReference(path: "/rows", sha256: drops.map(\.rawValue).sorted().joined(), bytes: 1)
        return try builder.finish(
            [.train: [file]], of: drops, trained: [], SnapshotFilter(context: context, pipeline: "p"))
    }

    @Test func aDropIsLookedAtOnceUntilOneBringsPairs() throws {
        try report("d-1", .completion)
        #expect(try snapshot(["d-1"]).hasPairs == nil)
        // Reports never change; were this one read again, it would say otherwise.
        try report("d-1", .preference)
        try report("d-2", .completion)
        #expect(try snapshot(["d-1", "d-2"]).hasPairs == nil)
        try report("d-3", .preference)
        #expect(try snapshot(["d-1", "d-2", "d-3"]).hasPairs == true)
        #expect(try snapshot(["d-2", "d-3"]).hasPairs == true)
        #expect(try snapshot(["d-2"]).hasPairs == nil, "once it is withdrawn there are none")
    }

    /// Snapshots of former versions do not say whether they have pairs.
    @Test func whatAFormerVersionMadeIsNotTrusted() throws {
        try report("d-1", .preference)
        try context.ledger.add(
            Snapshot(id: "s-former", pipeline: "p", createdAt: Date(), drops: ["d-1"], files: [:], rows: [:]))
        #expect(try snapshot(["d-1"]).hasPairs == true)
    }
}
