import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Testing

struct HistoryTests {
    /// Three records; the ledger gives them whole seconds, so that they may share one.
    private func scene() throws -> (OperationsScene, [PromotionRecord]) {
        let scene = try OperationsScene()
        let records = try (1...3).map { number in
            try scene.context.ledger.promote(
                "support", to: nil, run: nil, kind: .manual, who: "test", reason: "number \(number)"
            ).record
        }
        return (scene, records)
    }

    @Test func theNewestRecordComesFirst() throws {
        let (scene, records) = try scene()
        #expect(try scene.operations.pipelines.history("support") == records.reversed())
    }

    @Test func atATimeOnlyWhatWasServedThenIsListed() throws {
        let (scene, records) = try scene()
        let last = try #require(records.last)
        let now = HistoryQuery(at: last.at.addingTimeInterval(60))
        #expect(try scene.operations.pipelines.history("support", now) == [last])
        let atOnce = HistoryQuery(at: last.at)
        #expect(try scene.operations.pipelines.history("support", atOnce) == [last])
    }

    @Test func beforeTheFirstRecordNothingWasServed() throws {
        let (scene, records) = try scene()
        let before = HistoryQuery(at: try #require(records.first).at.addingTimeInterval(-1))
        #expect(try scene.operations.pipelines.history("support", before).isEmpty)
    }

    @Test func theChainOfWhatWasServedIsVerified() throws {
        let (scene, _) = try scene()
        #expect(try scene.operations.pipelines.verify("support") == VerifyAnswer(records: 3, intact: true))
    }
}
