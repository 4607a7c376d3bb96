import Foundation
import Ledger
import Nouns
import Platform
import Testing

@testable import Gating
@testable import Judged
@testable import Promotion

/// Where a pipeline stands in its stream of promotions, and how what later rows speak against is taken back.
struct StreamStateTests {
    private let scene: JudgedScene

    init() throws { scene = try JudgedScene("[gates]\nstream = true\n") }

    private func serve(_ version: VersionID, _ kind: PromotionRecord.Kind = .automatic, who: String = "finetuned")
        throws
    {
        let context = scene.context
        if try context.ledger.version(version) == nil {
            let run = try scene.queue()
            try context.ledger.add(
                ModelVersion(
                    id: version, pipeline: "tickets", run: run.id, base: "tiny", baseDigest: "d", adapters: [],
                    snapshot: "s", recipe: Recipe(), createdAt: Date(), code: "c", machine: "m"))
            try AtomicFile.makeFolder(context.layout.version("tickets", version))
            try AtomicFile.write(Data("{}".utf8), to: context.layout.versionRecord("tickets", version))
        }
        _ = try context.ledger.promote("tickets", to: version, run: nil, kind: kind, who: who, reason: "r")
    }

    private func keep(_ version: VersionID, takenBack: VersionID? = nil) throws {
        var anchor = Anchor(pipeline: "tickets", version: version, reason: "better", at: Date(timeIntervalSince1970: 9))
        anchor.takenBack = takenBack
        anchor.takenBackReason = takenBack.map { "\($0) is worse" }
        try scene.context.ledger.keep(anchor)
        #expect(try scene.context.ledger.anchor("tickets") == anchor)
    }

    private func state() throws -> StreamState { try #require(try StreamState.of("tickets", scene.context)) }

    @Test func promotionsSinceTheAnchorAreCounted() throws {
        #expect(try StreamState.of("tickets", scene.context) == nil)
        try serve("v-1")
        #expect(try state().isServed && state().anchor.id == "v-1")
        try keep("v-1")
        try serve("v-2")
        try serve("v-3", .forced, who: "ann")
        let found = try state()
        #expect(found.anchor.id == "v-1" && !found.isServed && found.promotions == 2 && found.isForced)
        try keep("v-3")
        #expect(try state().isServed && state().promotions == 0)
    }

    @Test func whatAPersonRolledBackToIsTheAnchor() throws {
        for version in ["v-1", "v-2", "v-3"] { try serve(VersionID(version)) }
        try keep("v-3")
        try serve("v-2", .rollback, who: "ann")
        #expect(try state().isServed && state().anchor.id == "v-2")
        try serve("v-4")
        #expect(try state().anchor.id == "v-2" && state().promotions == 1)
    }

    @Test func anAnchorWhoseFilesAreGoneIsWhatIsServed() throws {
        try serve("v-1")
        try keep("v-1")
        try serve("v-2")
        try FileManager.default.removeItem(atPath: scene.context.layout.version("tickets", "v-1"))
        #expect(try state().isServed && state().anchor.id == "v-2")
    }

    @Test func whatLaterRowsSpeakAgainstIsTakenBackOnce() throws {
        try serve("v-1")
        try serve("v-2")
        try keep("v-1", takenBack: "v-2")
        try scene.promote()
        let record = try #require(try scene.context.ledger.history("tickets", limit: 1).first)
        #expect(record.version == "v-1" && record.kind == .rollback && record.who == StreamState.daemon)
        #expect(record.reason == "v-2 is worse")
        #expect(try state().isServed && state().lastTakenBack == record.at)
        #expect(try scene.context.ledger.anchor("tickets")?.takenBack == nil)
        try scene.promote()
        #expect(try scene.context.ledger.history("tickets").count == 3)
    }

    @Test func whatIsNotServedAnyMoreIsNotTakenBack() throws {
        for version in ["v-1", "v-2", "v-3"] { try serve(VersionID(version)) }
        try keep("v-1", takenBack: "v-2")
        try scene.promote()
        #expect(try scene.served == "v-3" && scene.context.ledger.anchor("tickets")?.takenBack == nil)
    }
}
