import Foundation
import Ledger
import Nouns
import Platform
import Settings
import StageKit
import TestSupport
import Testing

@testable import Delivery

/// Hooks and webhooks as real programs and a real HTTP server see them.
struct NotifierTests {
    let scene: DeliveryServiceTests
    init() throws { scene = try DeliveryServiceTests() }

    func pass(_ context: StageContext) async throws {
        try await Notifier(context, webhook: Webhook(sender: HTTPSender())).pass()
    }

    @Test func aHookGetsTheEventOnStandardInput() async throws {
        let told = scene.sandbox.root + "/told"
        let context = try scene.context("hooks.promoted = [\"/bin/sh\", \"-c\", \"cat >> \(told)\"]")
        let run = try scene.promoted(context)
        try await pass(context)
        try await pass(context)
        let lines = try String(contentsOfFile: told, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 1)
        let event = try ContractCoding.decode(DeliveryEvent.self, from: Data(try #require(lines.first).utf8))
        #expect(event.type == .promoted)
        #expect(event.data.run == run.id)
        #expect(event.data.version == run.version)
    }

    @Test func aHookThatFailsIsRunAgainLater() async throws {
        let context = try scene.context("hooks.promoted = [\"/bin/sh\", \"-c\", \"echo no network >&2; exit 1\"]")
        _ = try scene.promoted(context)
        try await pass(context)
        #expect(try context.ledger.dueNotifications(at: Date()).isEmpty)
        #expect(try context.ledger.dueNotifications(at: Date().addingTimeInterval(6)).map(\.attempts) == [1])
    }

    @Test func aMissingHookProgramIsNoCrash() async throws {
        let context = try scene.context("hooks.promoted = [\"/nonexistent/program\"]")
        _ = try scene.promoted(context)
        try await pass(context)
        #expect(try context.ledger.dueNotifications(at: Date().addingTimeInterval(6)).count == 1)
    }

    @Test func aWebhookIsSignedAndRepeatedUntilItIsTaken() async throws {
        let secret = scene.sandbox.root + "/secret"
        try Data("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n".utf8).write(to: URL(filePath: secret))
        try Data("former\n".utf8).write(to: URL(filePath: secret + "-old"))
        let receiver = try Receiver(folder: scene.sandbox.root, answers: [503, 200])
        defer { receiver.stop() }
        let context = try scene.context(
            """
            webhook = "http://127.0.0.1:\(receiver.port)/hook"
            webhook_local = true
            webhook_secret_file = "\(secret)"
            webhook_secret_file_old = "\(secret)-old"
            webhook_events = ["promoted"]
            """)
        _ = try scene.promoted(context)
        try await pass(context)
        let waiting = try context.ledger.dueNotifications(at: Date().addingTimeInterval(6))
        #expect(waiting.count == 1)
        // Time passes: it is due.
        for notice in waiting {
            try context.ledger.settle(notice, told: false, answer: "early", next: Date().addingTimeInterval(-1))
        }
        try await pass(context)
        #expect(try context.ledger.dueNotifications(at: Date().addingTimeInterval(1e6)).isEmpty)
        let requests = receiver.requests()
        try #require(requests.count == 2)
        #expect(requests[0].body == requests[1].body)
        for request in requests {
            let id = try #require(request.headers["webhook-id"])
            let timestamp = try #require(request.headers["webhook-timestamp"].flatMap { Int($0) })
            let expected = WebhookSignature.headers(
                id: id, timestamp: timestamp, body: request.body,
                secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "former"])
            #expect(request.headers["webhook-signature"] == expected[2].value)
            let told = try ContractCoding.decode(JSONValue.self, from: request.body)
            #expect(told["id"] == .string(id) && told["type"] == "finetuned.version.promoted")
            #expect(told["data"]?["pipeline"]?.stringValue != nil)
        }
    }

    @Test func aRefusedWebhookIsNotRepeated() async throws {
        let receiver = try Receiver(folder: scene.sandbox.root, answers: [410])
        defer { receiver.stop() }
        let context = try scene.context(
            """
            webhook = "http://127.0.0.1:\(receiver.port)/hook"
            webhook_local = true
            webhook_events = ["promoted"]
            """
        )
        _ = try scene.promoted(context)
        try await pass(context)
        #expect(try context.ledger.dueNotifications(at: Date().addingTimeInterval(1e6)).isEmpty)
    }
}
