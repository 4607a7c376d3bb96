import Foundation
import Nouns
import Settings
import TestSupport
import Testing

@testable import Delivery

struct DeliveryRulesTests {
    @Test func attemptsGrowRarerAndEnd() {
        let pauses = (1...7).compactMap { DeliveryRules.pause(afterAttempt: $0) }
        #expect(pauses.count == 7)
        #expect(pauses == pauses.sorted())
        #expect(DeliveryRules.pause(afterAttempt: 8) == nil)
        #expect(DeliveryRules.pause(afterAttempt: 0) == nil)
    }

    @Test func onlyWhoIsConfiguredIsTold() {
        var settings = DeliverySettings()
        #expect(DeliveryRules.targets(settings, .promoted).isEmpty)
        #expect(DeliveryRules.targets(nil, .promoted).isEmpty)
        settings.hooks["promoted"] = ["/bin/true"]
        settings.hooks["failed"] = []
        settings.webhook = "https://example.org"
        #expect(DeliveryRules.targets(settings, .promoted) == ["program"], "ours are sent to those who ask")
        #expect(DeliveryRules.targets(settings, .jobSucceeded) == ["webhook"])
        settings.webhookEvents = ["failed"]
        #expect(DeliveryRules.targets(settings, .promoted) == ["program"])
        #expect(DeliveryRules.targets(settings, .failed) == ["webhook"])
        #expect(DeliveryRules.targets(settings, .rejected).isEmpty)
    }

    @Test func jobsHaveOpenAIsWordsAndNothingElseHas() throws {
        let types = DeliveryEvent.Kind.allCases.map(WebhookEvent.type)
        #expect(types.filter { !$0.hasPrefix("finetuned.") } == DeliveryEvent.Kind.ofJobs.map(WebhookEvent.type))
        #expect(Set(types).count == types.count)
        let event = DeliveryEvent(
            id: "evt_1", createdAt: 7, type: .jobFailed,
            data: .init(pipeline: "p", job: "ftjob-1", reason: "a line is bad"))
        let told = try ContractCoding.decode(JSONValue.self, from: ContractCoding.encode(WebhookEvent(event)))
        #expect(
            told == [
                "id": "evt_1", "object": "event", "created_at": 7, "type": "fine_tuning.job.failed",
                "data": ["id": "ftjob-1"],
            ])
    }

    @Test(arguments: [
        (400, true), (401, true), (404, true), (408, false), (410, true), (425, false), (429, false), (500, false),
        (503, false),
    ])
    func whatIsRefusedIsNotRepeated(status: Int, refused: Bool) {
        #expect(DeliveryRules.isRefusal(status) == refused)
    }

    /// The example of the Standard Webhooks specification's own libraries.
    @Test func signaturesAreThoseOfTheSpecification() {
        let headers = WebhookSignature.headers(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Data("{\"test\": 2432232314}".utf8),
            secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
        #expect(headers.map(\.0) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(headers[2].1 == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    /// A receiver that has either secret finds its signature among those of the header.
    @Test func whileASecretIsExchangedBothSign() {
        func signature(_ secrets: [String]) -> String {
            WebhookSignature.headers(id: "evt_1", timestamp: 1_614_265_330, body: Data("{}".utf8), secrets: secrets)[2]
                .value
        }
        #expect(signature(["new", "old"]) == signature(["new"]) + " " + signature(["old"]))
        #expect(signature(["new"]) != signature(["old"]))
    }

    @Test func theFormerSecretSignsForADay() throws {
        let sandbox = try Sandbox()
        var settings = DeliverySettings()
        #expect(WebhookSecrets.files(settings, at: Date()) == [])
        let (new, old) = (sandbox.root + "/new", sandbox.root + "/old")
        settings.webhookSecretFile = new
        settings.webhookSecretFileOld = old
        #expect(WebhookSecrets.files(settings, at: Date()) == [new], "nothing says when it was exchanged")
        try Data(" secret\n".utf8).write(to: URL(filePath: new))
        var status = stat()
        try #require(stat(new, &status) == 0)
        let written = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
        #expect(WebhookSecrets.files(settings, at: written) == [new, old])
        #expect(WebhookSecrets.files(settings, at: written.addingTimeInterval(86_399)) == [new, old])
        #expect(WebhookSecrets.files(settings, at: written.addingTimeInterval(86_400)) == [new])
        settings.webhookSecretFileOld = nil
        #expect(WebhookSecrets.files(settings, at: written) == [new])
        #expect(WebhookSecrets.read(new) == "secret" && WebhookSecrets.read(old) == nil)
    }
}
