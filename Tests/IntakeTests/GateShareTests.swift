import Foundation
import Nouns
import RowFormats
import Settings
import TestSupport
import Testing

@testable import Intake

/// The share of rows that judge is larger while few do, and is that of the moment in which a drop was claimed.
struct GateShareTests {
    private func split(_ row: Row, _ gate: Double) -> Split {
        RowIdentity.split(row.promptKey, validation: DataSettings().validationShare, gate: gate)
    }

    @Test func theFirstDropsGiveALargerShare() throws {
        let scene = try IntakeScene()
        try scene.put(IntakeScene.rows(0..<200), "a.jsonl")
        try scene.pass("a.jsonl")
        let drop = try #require(try scene.drops().first)
        #expect(drop.gateShare == DataSettings.firstGateShare)
        let rows = try scene.rows(drop)
        #expect(rows.allSatisfy { $0.split == split($0, DataSettings.firstGateShare) })
        #expect(rows.contains { $0.split != split($0, DataSettings.usualGateShare) })
    }

    @Test func aShareThatIsWrittenDownIsKept() throws {
        let scene = try IntakeScene { $0.data.gateShare = 0.4 }
        try scene.put(IntakeScene.rows(0..<40), "a.jsonl")
        try scene.pass("a.jsonl")
        #expect(try scene.drops().first?.gateShare == 0.4)
    }

    /// Files that were read before the share depended on anything are known by the same settings afterwards.
    @Test func theShareByDefaultTellsNoReadingFromAnother() throws {
        var written = DataSettings()
        written.gateShare = DataSettings.usualGateShare
        let digests = try [DataSettings(), written].map { try ReadingSettings(data: $0, controlTokens: nil).digest() }
        #expect(digests[0] == digests[1])
        written.gateShare = 0.2
        #expect(try ReadingSettings(data: written, controlTokens: nil).digest() != digests[0])
    }

    @Test func theShareFallsOnceEnoughRowsJudge() {
        let data = DataSettings()
        #expect(data.gateShare(rows: 0) == 0.25 && data.gateShare(rows: 99) == 0.25)
        #expect(data.gateShare(rows: 100) == 0.1)
        var fixed = data
        fixed.gateShare = 0.3
        #expect(fixed.gateShare(rows: 0) == 0.3 && fixed.gateShare(rows: 1000) == 0.3)
    }
}
