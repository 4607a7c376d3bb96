import Foundation
import Launching
import Nouns
import Settings
import TestSupport
import Testing

@testable import EngineChecks

/// The suite that any engine can be tried with: a small engine keeps every rule, and one planted fault a rule is found
/// by that rule.
struct EngineCheckTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// What is found of an engine.
    private func findings(
        _ profile: EngineProfile, _ rules: Set<EngineFinding.Rule>? = nil
    ) async throws -> [EngineFinding] {
        var folder = SettingsFolder()
        folder.engines = [profile]
        let settings = folder
        let roster = EngineRoster(
            folder: sandbox.root + "/described", standard: try TestSupport.program("finetune-worker")
        ) { settings }
        return try await EngineCheck(
            profile, roster: roster, folder: sandbox.root + "/check", threads: 1, silence: .seconds(300),
            grace: .seconds(3)
        ).findings(rules)
    }

    /// The toy engine with some of its text replaced.
    private func toy(_ old: String = "", _ new: String = "") throws -> EngineProfile {
        var text = try String(contentsOfFile: TestSupport.repository + "/Engines/toy/toy_engine.py", encoding: .utf8)
        if !old.isEmpty {
            try #require(text.components(separatedBy: old).count == 2, "'\(old)' stands there once")
            text = text.replacingOccurrences(of: old, with: new)
        }
        let path = sandbox.root + "/toy.py"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        var profile = EngineProfile(name: "toy", file: "toy.toml")
        profile.program = path
        chmod(path, 0o755)
        return profile
    }

    @Test func theToyEngineKeepsEveryRule() async throws {
        let found = try await findings(toy())
        #expect(found.map(\.rule) == EngineFinding.Rule.allCases)
        for finding in found { #expect(finding.isKept, "\(finding.rule.rawValue): \(finding.message)") }
    }

    @Test func theBuiltInEngineKeepsEveryRule() async throws {
        var profile = EngineProfile(name: "own", file: "own.toml")
        profile.program = EngineProfile.builtin
        let found = try await findings(profile)
        #expect(found.map(\.rule) == EngineFinding.Rule.allCases)
        for finding in found { #expect(finding.isKept, "\(finding.rule.rawValue): \(finding.message)") }
    }

    /// A fault of an engine, and the rule that finds it.
    struct Fault: CustomTestStringConvertible, Sendable {
        let rule: EngineFinding.Rule
        let old: String
        let new: String
        var testDescription: String { "\(rule.rawValue): \(old.prefix(40))" }
        init(_ rule: EngineFinding.Rule, _ old: String, _ new: String) {
            (self.rule, self.old, self.new) = (rule, old, new)
        }
    }

    static let faults = [
        Fault(.describes, #""tasks": ["generate", "score", "train"]"#, #""tasks": ["score"]"#),
        Fault(.started, #"    folder.tell("started")"#, "    pass"),
        Fault(.events, "os.write(self.file, line)", "pass"),
        Fault(.attempt, #""attempt": self.attempt, **fields"#, "**fields"),
        Fault(.steps, #""labelTokens": labels, "#, #""labelTokens": labels + 1, "#),
        Fault(.numbers, "index) % (index + 1)", "index) % 1"),
        Fault(.validation, #"loss < self.state["best"]"#, #"loss > self.state["best"]"#),
        Fault(.checkpoint, #"if done % self.recipe["checkpointEverySteps"] == 0 and done < last"#, "if False"),
        Fault(.result, #""path": "adapter", "sha256""#, #""path": "/tmp", "sha256""#),
        Fault(.result, #""lora_alpha": self.recipe["alpha"]"#, #""lora_alpha": 2 * self.recipe["alpha"]"#),
        Fault(.result, #"write(folder.path + "/result.json", json.dumps(result).encode())"#, "pass"),
        Fault(.ended, #"    folder.tell("ended", status=status)"#, "    pass"),
        Fault(
            .inputs, "paused = last < self.steps",
            #"paused = last < self.steps; open(self.task["tokens"]["train"]["path"], "ab").write(b" ")"#),
        Fault(.pauses, "if os.path.exists(path):", "if False:"),
        Fault(
            .stops, #"lambda *_: setattr(self, "is_stopped", True)"#, "signal.SIG_IGN"),
        Fault(
            .fenced, #"return self.attempt is None or int(open(self.path + "/attempt").read()) == self.attempt"#,
            "return True"),
        Fault(.scores, "[sum(weight * loss for weight", "[1.01 * sum(weight * loss for weight"),
        Fault(.scores, "[sum(right for _", "[1 + sum(right for _"),
        Fault(.answers, "logits.index(max(logits))", "logits.index(min(logits))"),
        Fault(.answers, "len(text) < b - a + limit", "len(text) < b - a + limit + 1"),
        Fault(.refusesVersion, #"if request["version"] != 1"#, "if False"),
        Fault(.refusesTokens, #"if digest(path) != reference["sha256"]"#, "if False"),
        Fault(.refusesModel, #"if digest(path) != adapter["sha256"]"#, "if False"),
    ]

    @Test(arguments: faults)
    func aPlantedFaultIsFoundByItsRule(_ fault: Fault) async throws {
        let found = try await findings(toy(fault.old, fault.new), [fault.rule])
        #expect(found.filter { !$0.isKept }.map(\.rule) == [fault.rule], "\(found)")
    }

    @Test func whatIsSeenIsSaid() async throws {
        let found = try await findings(toy(), [.started, .events, .steps])
        let said = { (rule: EngineFinding.Rule) in found.first { $0.rule == rule }?.message ?? "" }
        #expect(said(.describes).contains("on cpu") && said(.started).contains("the first step came"))
        #expect(said(.events).contains("was heard within") && said(.steps).contains("tokens/s, at most"))
    }

    @Test func aClockThatIsOffIsNamed() async throws {
        let broken = try await findings(toy("time.time()", "time.time() - 3600"), [.events])
        let clock = try #require(broken.last)
        #expect(!clock.isKept, "\(clock.message)")
        #expect(clock.message.contains("s behind the daemon's") && clock.message.contains("NTP"), "\(clock.message)")
    }

    @Test func aStageThatCannotBeWrittenIsNamed() async throws {
        var staged = try toy()
        staged.stage = sandbox.root + "/nowhere/stage"
        let stage = try #require(try await findings(staged, [.started]).last)
        #expect(stage.rule == .prepared && !stage.isKept)
        #expect(stage.message.contains("toy.toml, stage") && stage.message.contains("ReadWritePaths"))
    }

    @Test func thePageHasEachRule() throws {
        let page = try String(contentsOfFile: TestSupport.repository + "/docs/engines.md", encoding: .utf8)
        for rule in EngineFinding.Rule.allCases {
            #expect(page.contains("| `\(rule.rawValue)` | \(rule.asks.dropLast())"), "\(rule.rawValue)")
        }
    }

    @Test func everyRuleHasAFault() {
        // What the worker prepares is nothing that an engine could spoil.
        #expect(Set(Self.faults.map(\.rule)) == Set(EngineFinding.Rule.allCases).subtracting([.prepared]))
    }
}
