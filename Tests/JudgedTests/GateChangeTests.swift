import Settings
import Testing

@testable import Judged

/// What was asked otherwise of two models, by key.
struct GateChangeTests {
    private func sentences(_ before: GatesSettings, _ after: GatesSettings) throws -> [String] {
        try GateChange.all(from: before, to: after).map(\.sentence)
    }

    @Test func nothingDiffersFromItself() throws {
        #expect(try sentences(GatesSettings(), GatesSettings()).isEmpty)
    }

    @Test func keysAreNamedAsInTheFile() throws {
        var (short, long) = (GatesSettings(), GatesSettings())
        short.maxNewTokens = 64
        #expect(try sentences(short, GatesSettings()) == ["gates.max_new_tokens 64 → not set"])
        (long.maxNewTokens, long.confidence, long.overStream) = (160, 0.9, false)
        #expect(
            try sentences(short, long) == [
                "gates.confidence 0.95 → 0.9", "gates.max_new_tokens 64 → 160", "gates.stream true → false",
            ])
    }

    @Test func rulesAreCounted() throws {
        var (none, one, other) = (GatesSettings(), GatesSettings(), GatesSettings())
        none.rules = []
        one.rules = [GateRuleSettings(metric: "loss")]
        other.rules = [GateRuleSettings(metric: "accuracy")]
        #expect(try sentences(none, one) == ["[[gates.rule]] 0 → 1"])
        #expect(try sentences(one, other) == ["[[gates.rule]] 1 → 1, others"])
    }

    @Test func plantedSecretsAreNotSaid() throws {
        var planted = GatesSettings()
        planted.canaries = ["the code is 4711"]
        #expect(try sentences(GatesSettings(), planted) == ["gates.canaries 0 → 1"])
    }
}
