import TestSupport
import Testing

@testable import Monitoring

/// What is counted, and how it is written.
struct ExpositionTests {
    @Test func theTextIsWhatItWas() throws {
        let meters = Meters()
        meters.count(.drops, "tickets", "stored")
        meters.count(.drops, "tickets", "stored")
        meters.add(.rows, 40, ["tickets", "stored"])
        meters.count(.requests, "GET /v1/status", "200", "")
        for seconds in [0.1, 0.2, 7, 1000] { meters.observe(.firstToken, seconds) }
        var text = Exposition(meters)
        text.begin(.queueWait)
        text.begin(.drops, "tickets", "duplicate")
        text.begin(.drops, "tickets", "stored")
        text.set(.build, 1, "1.2 \"x\"\\\n3")
        text.set(.loss, 0.1 + 0.2, "tickets")
        text.set(.gateEstimate, nil, "tickets", "loss")
        text.set(.gateLower, -.infinity, "tickets", "loss")
        text.set(.diskFree, 1_500_000_000_000)
        #expect(try Golden("MonitoringTests/Golden").difference("text", input: "", output: text.text) == nil)
    }

    @Test func aCounterNeverGoesBack() {
        let meters = Meters()
        meters.add(.trained, 5, ["tickets"])
        for amount: Double in [-3, .nan, -.infinity, .infinity] { meters.add(.trained, amount, ["tickets"]) }
        #expect(meters.value(.trained, "tickets") == 5)
    }

    @Test func whatDoesNotFitItsDeclarationIsPassedOver() {
        let meters = Meters()
        meters.count(.trained)
        meters.count(.step, "tickets")
        meters.observe(.firstToken, .nan)
        meters.observe(.firstToken, 1, "tickets")
        meters.observe(.trained, 1, "tickets")
        var text = Exposition(meters)
        text.set(.loss, 1)
        text.begin(.trained)
        #expect(text.text.isEmpty)
    }

    @Test func valuesLieInTheBucketsBelowTheirBounds() {
        let meters = Meters()
        for seconds in [0.1, 0.10001, 30, 30.1] { meters.observe(.firstToken, seconds) }
        #expect(meters.observed(.firstToken) == 4)
        let lines = Exposition(meters).text.split(separator: "\n")
        for line in [#"le="0.1"} 1"#, #"le="0.25"} 2"#, #"le="30"} 3"#, #"le="+Inf"} 4"#] {
            #expect(lines.contains { $0.hasSuffix(line) }, "\(line)")
        }
    }
}
