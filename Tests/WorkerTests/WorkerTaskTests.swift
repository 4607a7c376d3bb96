import Foundation
import Nouns
import TestSupport
import Testing
import WorkerProtocol

/// The worker as the daemon sees it: a request in, events and a result out.
@Suite(.serialized)
struct WorkerTaskTests {
    let bench: WorkerBench
    init() throws { bench = try WorkerBench() }

    @Test func inspectDescribesTheBase() async throws {
        #expect(try await bench.run("i", .inspect(InspectTask(path: TestSupport.model(), id: "smol"))) == .exited(0))
        let card = try #require(try bench.result("i").card)
        #expect(card.architecture == "llama")
        #expect(card.layers == 30 && card.width == 576 && card.vocabulary == 49152 && card.contextLength == 8192)
        #expect(card.quantisation == ["Q4_1": 210, "F32": 61, "Q8_0": 1])
        #expect(card.parameters == 134_515_008)
        #expect(card.licence == "apache-2.0")
        #expect(card.tokenizer == "gpt2/smollm")
        #expect(card.chatTemplateDigest?.count == 64)
        #expect(
            card.controlTokens?.contains("<repo_name>") == true && card.controlTokens?.contains("<|im_start|>") == false
        )
        #expect(card.files.map(\.sha256) == ["b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"])
        #expect(card.trainingMemoryBytes > 100 << 20 && card.trainingMemoryBytes < 2 << 30)
        #expect(try bench.events("i").first?.event == .started)
        #expect(try bench.events("i").suffix(2).map(\.event) == [.result, .ended])
    }

    @Test func measureCountsTokens() async throws {
        let task = MeasureTask(model: try WorkerBench.base(), rows: [try bench.rows()], maxLength: 128)
        #expect(try await bench.run("m", .measure(task)) == .exited(0))
        let result = try bench.result("m")
        #expect(result.figures?["rows"] == 12)
        #expect(result.figures?["unusable_rows"] == 0)
        #expect(result.files?.first?.rows == 12)
    }

    @Test func encodeWritesTheTokensThatTrainingTakes() async throws {
        let rows = try bench.rows()
        let task = EncodeTask(
            model: try WorkerBench.base(), sets: [EvaluationSet(name: "train", files: [rows])], maxLength: 128)
        #expect(try await bench.run("n", .encode(task)) == .exited(0))
        let file = try #require(try bench.result("n").files?.first)
        #expect(file.rows == 12 && file.path.hasSuffix("/tokens-train.safetensors"))
        let data = try Data(contentsOf: URL(filePath: file.path))
        let length = Int(data.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        let header = try #require(
            try JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: [String: Any]])
        #expect(header["rows"]?["shape"] as? [Int] == [13])
        let tokens = try #require((header["ids"]?["shape"] as? [Int])?.first)
        let measured = MeasureTask(model: try WorkerBench.base(), rows: [rows], maxLength: 128)
        #expect(try await bench.run("nm", .measure(measured)) == .exited(0))
        #expect(try bench.result("nm").figures?["tokens"] == Double(tokens))
        // The last row ends where the tokens do, and no sequence begins with a label.
        #expect(data.suffix(8).reversed().reduce(0) { $0 << 8 | Int($1) } == tokens)
        let weights = data.dropFirst(8 + length + 4 * tokens).prefix(4)
        #expect(weights.allSatisfy { $0 == 0 })
        let origin = try #require(header["__metadata__"] as? [String: String])
        #expect(origin["length"] == "128 cut" && origin["tokenizer"]?.count == 64 && origin["rows"]?.count == 64)
    }

    @Test func theLastEventSaysByWhichStatusTheWorkerLeaves() async throws {
        let task = InspectTask(path: "/nowhere.gguf", id: "gone")
        let worker = try bench.start("gone", .inspect(task), attempt: 3)
        #expect(try await worker.wait(seconds: 240) == .exited(66))
        let last = try #require(try bench.events("gone").last)
        #expect(last.event == .ended && last.status == 66 && last.attempt == 3)
    }

    @Test func trainsEvaluatesAndAnswers() async throws {
        let rows = try bench.rows(label: true)
        let train = TrainTask(
            model: try WorkerBench.base(), train: [rows], validation: [rows], recipe: WorkerBench.recipe)
        #expect(try await bench.run("t", .train(train)) == .exited(0))
        let training = try #require(try bench.result("t").training)
        #expect(training.steps == 6)
        #expect(training.validationLoss ?? 9 < training.startValidationLoss ?? 0)
        let kinds = try bench.events("t").map(\.event)
        #expect(kinds.filter { $0 == .step }.count == 6)
        #expect(kinds.contains(.checkpoint) && kinds.contains(.validation))

        var tuned = try WorkerBench.base()
        tuned.adapters = [training.adapter]
        let evaluate = EvaluateTask(
            model: tuned, sets: [EvaluationSet(name: "gate", files: [rows], limit: 8)],
            labels: ["meow", "woof", "moo", "baa"],
            maxNewTokens: 8, maxLength: 128)
        #expect(try await bench.run("e", .evaluate(evaluate)) == .exited(0))
        let evaluation = try #require(try bench.result("e").evaluations?["gate"])
        #expect(evaluation.rows == 8)
        let figures: [MetricKey] = [
            "loss", "bits_per_byte", "token_accuracy", "exact_match", "accuracy", "macro_f1", "label_accuracy",
        ]
        for figure in figures { #expect(evaluation.figures[figure] != nil, "\(figure)") }
        let lines = try String(contentsOfFile: evaluation.examples.path, encoding: .utf8).split(separator: "\n")
        let records = try lines.map { try ContractCoding.decode(ExampleRecord.self, from: Data($0.utf8)) }
        #expect(records.count == 8)
        #expect(records.allSatisfy { $0.output != nil && $0.labelScores?.count == 4 && $0.tokens > 0 && $0.bytes > 0 })

        let generate = GenerateTask(
            model: tuned, conversations: [[Message(role: "user", content: "Say hello.")]], maxNewTokens: 4)
        #expect(try await bench.run("g", .generate(generate)) == .exited(0))
        #expect(try bench.result("g").outputs?.count == 1)
        #expect(try bench.events("g").filter { $0.event == .output }.count == 1)
    }

    /// Pairs and other rows in one run, which starts from a trained adapter.
    @Test func trainsOnPairsAndScoresBothAnswers() async throws {
        let rows = try bench.rows()
        let first = TrainTask(model: try WorkerBench.base(), train: [rows], validation: [], recipe: WorkerBench.recipe)
        #expect(try await bench.run("first", .train(first)) == .exited(0))
        let pairs = try bench.pairs()
        let train = TrainTask(
            model: try WorkerBench.base(), startAdapter: try #require(try bench.result("first").training).adapter,
            train: [pairs, rows], validation: [pairs], recipe: WorkerBench.recipe)
        #expect(try await bench.run("p", .train(train)) == .exited(0))
        let result = try bench.result("p")
        #expect(result.figures?["training_pairs"] == 8 && result.figures?["training_rows"] == 20)
        let events = try bench.events("p")
        #expect(events.contains { $0.stage == "measuring the start" })
        let validations = events.compactMap(\.validation?.preference)
        // The start is its own reference, though it is not the base.
        #expect(abs((validations.first?.loss ?? 0) - 0.693_147) < 1e-5 && validations.first?.accuracy == 0.5)
        #expect((validations.last?.accuracy ?? 0) > 0.8 && (validations.last?.margin ?? 0) > 0)
        let steps = events.compactMap(\.step)
        #expect(steps.count == 10 && steps.contains { $0.preference != nil && $0.preference?.answerLoss != nil })

        var tuned = try WorkerBench.base()
        tuned.adapters = [try #require(result.training).adapter]
        let evaluate = EvaluateTask(
            model: tuned, sets: [EvaluationSet(name: "gate", files: [pairs, rows])], maxNewTokens: 0, maxLength: 128)
        #expect(try await bench.run("pe", .evaluate(evaluate)) == .exited(0))
        let evaluation = try #require(try bench.result("pe").evaluations?["gate"])
        let lines = try String(contentsOfFile: evaluation.examples.path, encoding: .utf8).split(separator: "\n")
        let records = try lines.map { try ContractCoding.decode(ExampleRecord.self, from: Data($0.utf8)) }
        #expect(records.count == 20 && records.count { ($0.rejectedLossSum ?? 0) > 0 && $0.rejectedTokens != nil } == 8)
        #expect((evaluation.figures[.preferenceAccuracy] ?? 0) > 0.5)

        // As completions nobody looks at the rejected answers.
        var asked = WorkerBench.recipe
        asked.objective = .completion
        let completions = TrainTask(model: try WorkerBench.base(), train: [pairs], validation: [], recipe: asked)
        #expect(try await bench.run("c", .train(completions)) == .exited(0))
        #expect(try bench.events("c").compactMap(\.step).allSatisfy { $0.preference == nil })
    }

    @Test func adaptersStack() async throws {
        let rows = try bench.rows()
        let first = TrainTask(model: try WorkerBench.base(), train: [rows], validation: [], recipe: WorkerBench.recipe)
        #expect(try await bench.run("s1", .train(first)) == .exited(0))
        var stacked = try WorkerBench.base()
        stacked.adapters = [try #require(try bench.result("s1").training).adapter]
        let second = TrainTask(model: stacked, train: [rows], validation: [rows], recipe: WorkerBench.recipe)
        #expect(try await bench.run("s2", .train(second)) == .exited(0))
        let training = try #require(try bench.result("s2").training)
        var both = stacked
        both.adapters.append(training.adapter)
        let evaluate = EvaluateTask(
            model: both, sets: [EvaluationSet(name: "v", files: [rows])], maxNewTokens: 0, maxLength: 128)
        #expect(try await bench.run("s3", .evaluate(evaluate)) == .exited(0))
        let loss = try #require(try bench.result("s3").evaluations?["v"]?.figures["loss"])
        // What was trained on merged weights and what is evaluated as a sum of products are the same model.
        #expect(abs(loss - (training.validationLoss ?? 0)) < 1e-3)
    }

    @Test func fullFineTuningTrainsResumesEvaluatesAndExports() async throws {
        let rows = try bench.rows()
        var recipe = WorkerBench.recipe
        recipe.method = .full
        recipe.learningRate = 2e-5
        recipe.epochs = 1
        recipe.lastLayers = 2
        recipe.checkpointEverySteps = 1
        func task(pauseAtStep: Int? = nil) throws -> WorkerTask {
            .train(
                TrainTask(
                    model: try WorkerBench.base(), train: [rows], validation: [rows], recipe: recipe,
                    pauseAtStep: pauseAtStep))
        }
        #expect(try await bench.run("f", task()) == .exited(0))
        let training = try #require(try bench.result("f").training)
        #expect(training.validationLoss ?? 9 < training.startValidationLoss ?? 0)
        #expect(
            try await bench.run("k", task(), environment: ["FINETUNED_FAULT": "kill-after:checkpoint:2"])
                == .signalled(SIGKILL))
        #expect(try await bench.run("k", task()) == .exited(0))
        #expect(try bench.result("k").training?.adapter.sha256 == training.adapter.sha256)

        var tuned = try WorkerBench.base()
        tuned.adapters = [training.adapter]
        let evaluate = EvaluateTask(
            model: tuned, sets: [EvaluationSet(name: "v", files: [rows])], maxNewTokens: 0, maxLength: 128)
        #expect(try await bench.run("e", .evaluate(evaluate)) == .exited(0))
        let loss = try #require(try bench.result("e").evaluations?["v"]?.figures["loss"])
        #expect(abs(loss - (training.validationLoss ?? 0)) < 1e-3)

        #expect(try await bench.run("gguf", .export(ExportTask(model: tuned, format: .ggufF16))) == .exited(0))
        #expect(try bench.result("gguf").figures?["mean_change_from_base"] ?? 0 > 0)
        #expect(try await bench.run("peft", .export(ExportTask(model: tuned, format: .peft))) == .exited(64))
        #expect(try bench.failure("peft")?.code == "export.no_adapter")

        // An adapter on top of the trained weights.
        let stacked = TrainTask(model: tuned, train: [rows], validation: [], recipe: WorkerBench.recipe, pauseAtStep: 1)
        #expect(try await bench.run("s", .train(stacked)) == .exited(0))
    }
}
