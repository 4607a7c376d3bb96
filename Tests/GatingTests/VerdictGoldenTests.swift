import Foundation
import GoldenSets
import Judged
import Nouns
import Settings
import TestSupport
import Testing

@testable import Gating

/// Evidence as JSON in, the verdict in words out.
struct VerdictGoldenTests {
    private static let golden = Golden("GatingTests/Golden")

    /// The evidence in few words: rows of two classes and two drops, and how each model did on them.
    private struct Scene: Decodable {
        var rows: Int
        /// What stands under `[gates]`.
        var gates: String?
        var newDrops: [DropID]?
        var candidate: Model
        var served: Model?
        var base: Model
        var training: Training?
        /// Earlier runs of the pipeline: training rows, and how many of a hundred rows of each class were right.
        var history: [Past]?
        var trainingRows: Int?
    }

    private struct Past: Decodable {
        var rows: Int
        var right: Int

        var run: GatingRules.PastRun {
            let row = { (name: String) in [name: right, "(other)": 100 - right] }
            return GatingRules.PastRun(rows: rows, gates: [], confusion: ["cat": row("cat"), "dog": row("dog")])
        }
    }

    /// What training measured, and the losses of its steps: they fall in a straight line from `firstLoss` to
    /// `finalLoss`, and at each step of `spikes` they are four times that.
    private struct Training: Decodable {
        var steps: Int
        var bestStep: Int
        var start: Double
        var best: Double
        var firstLoss: Double
        var finalLoss: Double
        var spikes: [Int]?

        var losses: [Double] {
            (0..<steps).map { step in
                let loss = firstLoss + (finalLoss - firstLoss) * Double(step) / Double(max(1, steps - 1))
                return spikes?.contains(step) == true ? 4 * loss : loss
            }
        }

        var result: TrainingResult {
            TrainingResult(
                adapter: AdapterReference(path: "/a", sha256: "a"), steps: steps, bestStep: bestStep,
                finalLoss: finalLoss, validationLoss: best, startValidationLoss: start, seconds: 1, tokens: 1,
                labelTokens: 1, tokensPerSecond: 1, peakMemoryBytes: 1, machine: "test")
        }
    }

    private struct Model: Decodable {
        /// One row in so many is answered wrongly.
        var wrongEvery: Int
        /// Loss a token; on rows of the first drop `earlierLoss`, where it is given.
        var loss: Double
        var earlierLoss: Double?
        /// One row in so many has an answer that was cut after 64 tokens.
        var cutEvery: Int?
        /// A row whose loss is no number, and rows that were not scored.
        var brokenRow: Int?
        var missingRows: Int?
        /// The rank of a planted secret among 256 texts, answers to golden questions, and the loss on the base's probe.
        var secretRank: Int?
        var golden: [String]?
        var probeLoss: Double?

        func records(_ count: Int) -> [ExampleRecord] {
            gate(count).dropLast(missingRows ?? 0) + goldenRows() + probe() + secrets()
        }

        private func gate(_ count: Int) -> [ExampleRecord] {
            (0..<count).map { row in
                let label = row % 2 == 0 ? "cat" : "dog"
                let isRight = row % wrongEvery != wrongEvery - 1
                let isEarlier = row % 4 < 2
                let mean = (isEarlier ? earlierLoss : nil) ?? loss
                var record = VerdictGoldenTests.record("row-\(row)", .gate, loss: mean + Double(row % 7) * 0.02)
                if row == brokenRow { record.lossSum = .nan }
                (record.reference, record.output, record.label) = (label, isRight ? label : "?", label)
                record.outputTokens = 1
                record.finish = "stop"
                if let cutEvery, row % cutEvery == 0 {
                    (record.output, record.outputTokens, record.finish) = (label + ", which is", 64, "length")
                }
                let likeliest = -0.01 * Double(row % 5)
                record.labelScores =
                    isRight
                    ? [label: likeliest, "cow": -2] : [label: -2, "cow": likeliest]
                record.fields = ["team": row % 3 == 0 ? "x" : "y"]
                record.drop = isEarlier ? "d-1" : "d-2"
                return record
            }
        }

        private func goldenRows() -> [ExampleRecord] {
            (golden ?? []).enumerated().map { index, answer in
                var record = VerdictGoldenTests.record("golden-\(index)", .golden("facts"), loss: 1)
                record.output = answer
                record.fields = [
                    GoldenRow.assertionsField: [["contains": "yes"]], GoldenRow.nameField: .string("question \(index)"),
                    GoldenRow.requiredField: .bool(true),
                ]
                return record
            }
        }

        private func probe() -> [ExampleRecord] {
            guard let probeLoss else { return [] }
            return (0..<30).map {
                VerdictGoldenTests.record("probe-\($0)", .probe, loss: probeLoss + Double($0 % 5) * 0.01)
            }
        }

        private func secrets() -> [ExampleRecord] {
            guard let secretRank else { return [] }
            return (0..<256).map { variant in
                // The secret is the first; its loss puts as many of the others below it as its rank says.
                let place = variant == 0 ? Double(secretRank) - 0.5 : Double(variant)
                var record = VerdictGoldenTests.record("secret-\(variant)", .plantedSecrets, loss: place)
                record.fields = [
                    PlantedSecrets.indexField: .integer(0), PlantedSecrets.secretField: .bool(variant == 0),
                ]
                return record
            }
        }
    }

    private static func record(_ row: String, _ set: SetName, loss: Double) -> ExampleRecord {
        ExampleRecord(
            row: RowID(row), set: set, lossSum: 2 * loss, tokens: 2, correctTokens: 1, bytes: 8, promptTokens: 10,
            prompt: "p", reference: "r")
    }

    private func settings(_ gates: String) throws -> GatesSettings {
        let sandbox = try Sandbox()
        try sandbox.pipeline("p", "base = \"tiny\"\n[gates]\n" + gates)
        let folder = SettingsFolder.read(sandbox.layout)
        #expect(folder.problems.isEmpty)
        return try #require(folder.pipelines.first).gates
    }

    private static func text(_ verdict: Verdict) -> String {
        var lines = ["\(verdict.outcome.rawValue): \(verdict.summary)", ""]
        for gate in verdict.gates {
            let place = ["\(gate.metric)", "set \(gate.set)"] + (gate.slice.map { ["slice \($0)"] } ?? [])
            lines += [
                "\(gate.outcome.rawValue) \(gate.kind.rawValue) (\(place.joined(separator: ", "))): \(gate.rule)",
                "    \(gate.explanation)",
            ]
            if let rows = gate.rowsNeeded { lines.append("    rows needed: \(rows)") }
        }
        if !verdict.advice.isEmpty { lines.append("") }
        lines += verdict.advice.map { "try \($0.action): \($0.reason)" }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test func evidenceBecomesTheVerdictThatItShould() throws {
        let names = try Self.golden.names()
        #expect(names.count >= 16)
        for name in names {
            let input = try Self.golden.input(name).trimmingCharacters(in: .newlines)
            let scene = try JSONDecoder().decode(Scene.self, from: Data(input.utf8))
            let verdict = try verdict(scene)
            let difference = try Self.golden.difference(name, input: input, output: Self.text(verdict))
            #expect(difference == nil)
        }
    }

    /// The page for people has a worked case of every advice, in the very words that the rules give; they are written
    /// anew with the golden texts.
    @Test func everyAdviceHasItsCaseOnThePage() throws {
        let path = TestSupport.repository + "/docs/not-promoted.md"
        var page = try String(contentsOfFile: path, encoding: .utf8)
        var actions: Set<String> = []
        for name in try Self.golden.names() where name.hasPrefix("advice-") {
            let input = try Self.golden.input(name).trimmingCharacters(in: .newlines)
            let verdict = try verdict(JSONDecoder().decode(Scene.self, from: Data(input.utf8)))
            let first = try #require(verdict.advice.first, "\(name)")
            actions.insert(first.action)
            let words = first.action.replacing("_", with: " ")
            let said = "> \(verdict.summary)\n>\n> → \(words): \(first.reason)\n"
            let mark = try #require(page.range(of: "<!-- \(name) -->\n"), "\(name) stands on the page")
            let end = page[mark.upperBound...].range(of: "\n\n")?.lowerBound ?? page.endIndex
            let kept = page[mark.upperBound..<end] + "\n"
            if Golden.isRewriting {
                page.replaceSubrange(mark.upperBound..<end, with: said.dropLast())
            } else {
                #expect(kept == said, "\(name): FINETUNED_REGENERATE=1 writes it anew")
            }
        }
        if Golden.isRewriting { try page.write(toFile: path, atomically: true, encoding: .utf8) }
        let known: Set<String> = [
            "longer_answers", "nothing_to_gain", "train_longer", "lower_learning_rate", "higher_learning_rate",
            "more_regularisation", "replay", "look_at_regressions", "more_data", "more_gate_rows", "check",
        ]
        #expect(actions == known)
    }

    private func verdict(_ scene: Scene) throws -> Verdict {
        var evidence = GatingRules.Evidence(
            candidate: scene.candidate.records(scene.rows), served: scene.served?.records(scene.rows),
            base: scene.base.records(scene.rows), baseline: scene.served == nil ? nil : "v-1",
            newDrops: Set(scene.newDrops ?? []))
        evidence.trainingLosses = scene.training?.losses ?? []
        evidence.history = scene.history?.map(\.run) ?? []
        evidence.trainingRows = scene.trainingRows ?? 0
        return GatingRules.judge(
            evidence, try settings(scene.gates ?? ""), training: scene.training?.result, seed: 7,
            at: Date(timeIntervalSince1970: 0))
    }
}
