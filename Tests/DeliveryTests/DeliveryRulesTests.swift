import Foundation
import Nouns
import Settings
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
        settings.webhookEvents = ["failed"]
        #expect(DeliveryRules.targets(settings, .promoted) == ["program"])
        #expect(DeliveryRules.targets(settings, .failed) == ["webhook"])
        #expect(DeliveryRules.targets(settings, .rejected).isEmpty)
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
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        #expect(headers.map(\.0) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(headers[2].1 == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }
}
