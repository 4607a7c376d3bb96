import Foundation
import Ledger
import Nouns
import Settings
import StageKit
import TestSupport
import Testing

@testable import Delivery

/// What a person has to do, or should know of, is told without being asked for.
struct NewsTests {
    let scene: DeliveryServiceTests
    init() throws { scene = try DeliveryServiceTests() }

    private func hooks(_ kinds: [DeliveryEvent.Kind]) throws -> StageContext {
        try scene.context(
            kinds.map { "hooks.\($0.rawValue) = [\"/bin/sh\", \"-c\", \"cat >> \(told)\"]" }.joined(separator: "\n"))
    }

    private var told: String { scene.sandbox.root + "/told" }

    private func events() throws -> [DeliveryEvent] {
        guard let data = FileManager.default.contents(atPath: told) else { return [] }
        return try data.split(separator: 10).map { try ContractCoding.decode(DeliveryEvent.self, from: Data($0)) }
    }

    private func pass(_ context: StageContext) async throws {
        try await Notifier(context, webhook: Webhook(sender: HTTPSender())).pass()
    }

    @Test func aQuarantinedFileIsTold() async throws {
        let context = try hooks([.quarantined])
        var drop = Drop(
            id: "d-1", pipeline: "p", name: "monday.jsonl", sha256: "a", bytes: 1, state: .received,
            receivedAt: Date())
        _ = try context.ledger.receive(drop)
        drop.state = .quarantined
        drop.note = "9 of 10 rows are bad"
        try context.ledger.update(drop)
        try await pass(context)
        try await pass(context)
        let event = try #require(try events().first)
        #expect(try events().count == 1 && event.type == .quarantined && event.data.drop == "d-1")
        #expect(event.data.reason == "monday.jsonl: 9 of 10 rows are bad")
    }

    @Test func healthIsToldOnceItHasLasted() async throws {
        let context = try hooks([.degraded, .recovered])
        let news = HealthNews(patience: .zero)
        try news.look(context)
        context.problems.set("disk", Failure(code: "disk.low", "Only 3 MiB are free."))
        try news.look(context)
        try news.look(context)
        context.problems.set("disk", nil)
        try news.look(context)
        try await pass(context)
        #expect(try events().map(\.type) == [.degraded, .recovered])
        #expect(try events().first?.data.reason.contains("Only 3 MiB") == true)
    }

    @Test func whatHealsSoonIsNoNews() async throws {
        let context = try hooks([.degraded, .recovered])
        let news = HealthNews(patience: .seconds(3600))
        context.problems.set("disk", Failure(code: "disk.low", "Only 3 MiB are free."))
        try news.look(context)
        try await pass(context)
        #expect(try events().isEmpty)
    }
}
