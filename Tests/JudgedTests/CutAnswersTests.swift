import Foundation
import Ledger
import Nouns
import Settings
import TestSupport
import Testing
import WorkerProtocol

@testable import Judged
@testable import Supervision

/// Answers are cut only where nobody reads them, and a pipeline's own rules say when training has nothing left to gain.
struct CutAnswersTests {
    private func setup(_ toml: String, labels: [String]? = ["a", "b"]) throws -> (JudgedScene, Run, GateModels.Setup) {
        let scene = try JudgedScene(toml, labels: labels)
        let run = try scene.queue()
        return (scene, run, try GateModels.setup(run, scene.context))
    }

    private func gate(_ toml: String, labels: [String]? = ["a", "b"]) throws -> GateModels.GateSet {
        try #require(try setup(toml, labels: labels).2.sets.first { $0.set.name == .gate })
    }

    @Test(arguments: [
        "", "[gates]\nprimary = \"accuracy\"\n", "[gates]\nprimary = \"exact_match\"\n",
        "[[gates.rule]]\nmetric = \"macro_f1\"\nmin = 0.5\n", "[[gates.rule]]\nmetric = \"recall:a\"\nmin = 0.5\n",
    ])
    func whereOnlyWhatIsRightCounts(toml: String) throws {
        let gate = try gate(toml)
        #expect(gate.set.cutsAnswers == true)
        #expect(gate.wholeSettings.map { $0 + " cut" } == gate.settings)
    }

    @Test(arguments: [
        "[gates]\nprimary = \"chrf\"\n", "[[gates.rule]]\nmetric = \"output_tokens\"\nmax = 8.0\n",
        "[[gates.rule]]\nmetric = \"memorized\"\nmax = 0.1\n", "[[gates.rule]]\nmetric = \"answers_cut\"\nmax = 0.1\n",
        "[[gates.rule]]\nmetric = \"valid_json\"\nmin = 0.5\n",
        "[[gates.evaluator]]\nname = \"mine\"\ncommand = [\"/bin/true\"]\n",
        """
        [[gates.grader]]
        name = "same"
        type = "string_check"
        operation = "eq"
        input = "{{sample.output_text}}"
        reference = "a"
        """,
    ])
    func notWhereTheTextIsRead(toml: String) throws {
        let gate = try gate(toml)
        #expect(gate.set.cutsAnswers == nil && gate.wholeSettings == nil && !gate.settings.contains("cut"))
    }

    @Test func notWithoutClassesNorOfASchemaNorOfArtefacts() throws {
        #expect(try gate("", labels: nil).set.cutsAnswers == nil)
        var gates = GatesSettings()
        #expect(!gates.readsAnswers)
        gates.answerSchema = "/schema.json"
        #expect(gates.readsAnswers)
        let (_, _, setup) = try setup("")
        let artefact = try #require(setup.sets(of: .artefact(.peft)).first)
        #expect(artefact.set.cutsAnswers == nil && artefact.settings.hasSuffix(" loss-only"))
        #expect(!artefact.settings.contains("cut") && artefact.wholeSettings == nil)
        for set in setup.sets where set.set.name != .gate { #expect(set.set.cutsAnswers == nil) }
    }

    /// Scores of whole answers are as good as those of cut ones, and never the other way round.
    @Test func scoresOfWholeAnswersAreTaken() throws {
        let (scene, run, setup) = try setup("")
        let gate = try #require(setup.sets.first { $0.set.name == .gate })
        let path = scene.sandbox.root + "/examples.jsonl"
        try Data().write(to: URL(filePath: path))
        let kept = EvaluationResult(
            rows: 40, figures: [:], examples: FileReference(path: path, sha256: "", bytes: 0), seconds: 1)
        func base() throws -> RunRequests.Evaluation {
            try #require(try RunRequests.evaluations(run, scene.context).first { $0.role == .base })
        }
        #expect(try base().missing.contains { $0.set.name == .gate })
        let model = try base().model
        try scene.context.ledger.keep(
            kept, model: model, set: gate.digest, settings: try #require(gate.wholeSettings))
        #expect(try base().known[.gate] == kept)
        // Whoever reads the texts does not take cut ones.
        let (reader, readers, whole) = try self.setup("[[gates.rule]]\nmetric = \"output_tokens\"\nmax = 8.0\n")
        let set = try #require(whole.sets.first { $0.set.name == .gate })
        try reader.context.ledger.keep(kept, model: model, set: set.digest, settings: set.settings + " cut")
        let found = try RunRequests.evaluations(readers, reader.context).first { $0.role == .base }
        #expect(found?.missing.contains { $0.set.name == .gate } == true)
    }

    /// Rows that the same model was scored on before, in another set, are named to the worker.
    @Test func whatIsKnownOfOtherSetsIsTaken() throws {
        let (scene, run, setup) = try setup("")
        let gate = try #require(setup.sets.first { $0.set.name == .gate })
        func base() throws -> [FileReference]? {
            let base = try #require(try RunRequests.evaluations(run, scene.context).first { $0.role == .base })
            guard case .evaluate(let task)? = base.request?.task else { return nil }
            return task.sets.first { $0.name == .gate }?.known
        }
        #expect(try base() == nil)
        let model = try #require(try RunRequests.evaluations(run, scene.context).first { $0.role == .base }).model
        func keep(_ rows: Int, _ settings: String, isThere: Bool = true) throws -> FileReference {
            let file = FileReference(path: scene.sandbox.root + "/\(rows).jsonl", sha256: "\(rows)", bytes: 0)
            if isThere { try Data().write(to: URL(filePath: file.path)) }
            let result = EvaluationResult(rows: rows, figures: [:], examples: file, seconds: 1)
            try scene.context.ledger.keep(result, model: model, set: "former \(rows)", settings: settings)
            return file
        }
        let small = try keep(10, gate.settings)
        let large = try keep(30, try #require(gate.wholeSettings))
        _ = try keep(50, gate.settings, isThere: false)
        _ = try keep(60, gate.settings + " other")
        #expect(try base() == [large, small], "the largest first; none that is gone, or was made otherwise")
    }

    @Test func enoughIsHalfTheMarginOfWhatIsJudgedBy() throws {
        var pipeline = PipelineSettings(name: "tickets", file: "tickets.toml", base: "tiny")
        #expect(EnoughRules.rule(pipeline, labels: nil) == EnoughRule(measure: .loss, below: 0.01))
        #expect(EnoughRules.rule(pipeline, labels: ["a", "b"]) == EnoughRule(measure: .wrongAnswers, below: 0.01))
        pipeline.gates.margin = 0.1
        for key in ["exact_match", "accuracy", "label_accuracy", "macro_f1", "recall:a"] {
            pipeline.gates.primary = MetricKey(key)
            #expect(EnoughRules.rule(pipeline, labels: ["a"]) == EnoughRule(measure: .wrongAnswers, below: 0.05))
        }
        for key in ["chrf", "bleu", "perplexity", "preference_accuracy", "ece", "output_tokens"] {
            pipeline.gates.primary = MetricKey(key)
            #expect(EnoughRules.rule(pipeline, labels: ["a"]) == nil, "\(key)")
        }
        // Whoever names the epochs gets them.
        pipeline.gates.primary = nil
        pipeline.automaticEpochs = false
        #expect(EnoughRules.rule(pipeline, labels: ["a"]) == nil)
    }
}
