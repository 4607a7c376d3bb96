import Compression
import Foundation
import Nouns
import Platform
import WorkerProtocol

struct FakeWorker {
    /// Set by SIGTERM; a handler may touch nothing more than this.
    nonisolated(unsafe) static let stopped: UnsafeMutablePointer<Int32> = {
        let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        flag.initialize(to: 0)
        return flag
    }()

    let request: WorkerRequest

    /// What a fake adapter holds: how often it was trained on from the base.
    struct Weights: Codable { var generation: Int }

    /// Where events are written besides; nothing before the request is read.
    nonisolated(unsafe) static var events: String?

    static func tell(_ event: WorkerEvent) {
        guard var line = try? ContractCoding.encode(event) else { return }
        line.append(10)
        if let events, let file = fopen(events, "a") {
            _ = line.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
            fclose(file)
        }
        _ = line.withUnsafeBytes { write(3, $0.baseAddress, $0.count) }
    }

    /// Takes its time: so many milliseconds, or as many as whoever tests the daemon asks for.
    private static func pause(
        orElse milliseconds: UInt32, _ asked: String? = ProcessInfo.processInfo.environment["FAKE_WORKER_PACE"]
    ) {
        usleep(1000 * (asked.flatMap { UInt32($0) } ?? milliseconds))
    }

    func run() throws {
        Self.events = request.directory + "/events.jsonl"
        Self.tell(WorkerEvent(.started))
        var result = WorkerResult()
        switch request.task {
        case .inspect(let task): result.card = try card(task)
        case .train(let task): result.training = try train(task)
        case .evaluate(let task): result.evaluations = try evaluate(task)
        case .export(let task): result.files = try export(task)
        case .generate(let task):
            result.outputs = task.conversations.indices.map {
                GeneratedOutput(index: $0, text: "fake", tokens: 1, promptTokens: 1, finish: "stop")
            }
        case .measure(let task):
            let count = try task.rows.reduce(0) { try $0 + rows($1).count }
            result.figures = [
                "rows": Double(count), "tokens": Double(count) * 20, "label_tokens": Double(count) * 4,
                "truncated_rows": 0, "unusable_rows": 0,
            ]
            result.files = [try measurements(task)]
        case .score(let task):
            result.files = task.probeTexts > 0 ? [try probe()] : []
            // The longer its name, the better the fake base.
            result.figures = ["bits_per_byte": 4 / Double(1 + task.model.base.rawValue.count), "label_accuracy": 0.5]
        case .yardstick(let task): (result.files, result.figures) = try yardstick(task)
        case .rangeTest(let task): result.range = rangeTest(task)
        case .encode(let task): result.files = try task.sets.map { try tokens($0) }
        case .serve: try FakeAnswers.serve(in: request.directory)
        default: throw Failure(code: "fake.task", "The fake worker cannot do this.")
        }
        var event = WorkerEvent(.result)
        event.result = result
        Self.tell(event)
    }

    private func card(_ task: InspectTask) throws -> BaseCard {
        let digest = try Digest.sha256(file: task.path)
        let file = FileReference(path: (task.path as NSString).lastPathComponent, sha256: digest, bytes: 0)
        return BaseCard(
            id: task.id, architecture: "llama", parameters: 1, quantisation: ["F32": 1], contextLength: 512, layers: 1,
            width: 1, vocabulary: 2,
            tokenizer: "fake", tokenizerDigest: digest, format: "gguf", files: [file], digest: digest,
            trainingMemoryBytes: 1)
    }

    private func train(_ task: TrainTask) throws -> TrainingResult {
        let rows = try task.train.reduce(0) { try $0 + self.rows($1).count }
        let checkpoint = request.directory + "/checkpoint"
        var step =
            FileManager.default.contents(atPath: checkpoint).flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
        let steps = 20
        while step < steps {
            if Self.stopped.pointee != 0 {
                Self.pause(orElse: 0, ProcessInfo.processInfo.environment["FAKE_WORKER_CHECKPOINT_MILLISECONDS"] ?? "0")
                exit(WorkerExit.interrupted.rawValue)
            }
            Self.pause(orElse: 10)
            step += 1
            var event = WorkerEvent(.step)
            event.step = StepReport(
                step: step, steps: steps, epoch: 1, loss: 1, gradientNorm: 1, learningRate: 1, tokens: 10,
                labelTokens: 5, tokensPerSecond: 100,
                memoryBytes: 1)
            Self.tell(event)
            if step % 5 == 0 {
                try AtomicFile.write(Data(String(step).utf8), to: checkpoint)
                var event = WorkerEvent(.checkpoint)
                event.checkpoint = step
                Self.tell(event)
            }
        }
        let start = try task.startAdapter.map { try weights($0.path).generation } ?? 0
        let folder = request.directory + "/adapter"
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(Data("{}".utf8), to: folder + "/adapter_config.json")
        var content = try ContractCoding.encode(Weights(generation: start + 1)) + Data("\n\(rows)".utf8)
        // As large as real ones, for whoever measures what copying them holds up.
        if let mebibytes = ProcessInfo.processInfo.environment["FAKE_WORKER_ADAPTER_MIB"].flatMap({ Int($0) }) {
            content.append(Data(count: mebibytes << 20))
        }
        try AtomicFile.write(content, to: folder + "/adapter_model.safetensors")
        if task.keepsEpochs == true { try keepEpochs(task, steps: steps, content) }
        return TrainingResult(
            adapter: AdapterReference(path: folder, sha256: Digest.sha256(content)), steps: steps, bestStep: steps,
            finalLoss: 1, seconds: 1, tokens: 1,
            labelTokens: 1, tokensPerSecond: 1, peakMemoryBytes: 1, machine: "fake")
    }

    /// Keeps the last epochs as an engine does; the last one is what was trained.
    private func keepEpochs(_ task: TrainTask, steps: Int, _ content: Data) throws {
        let epochs = max(1, Int(task.recipe.epochs))
        for epoch in (1...epochs).suffix(EpochRecord.kept) {
            let step = steps * epoch / epochs
            let folder = request.directory + "/epochs/step-\(step)"
            try AtomicFile.makeFolder(folder)
            let weights = epoch == epochs ? content : content + Data("\n\(epoch)".utf8)
            try AtomicFile.write(Data("{}".utf8), to: folder + "/adapter_config.json")
            try AtomicFile.write(weights, to: folder + "/adapter_model.safetensors")
            let record = EpochRecord(step: step, sha256: Digest.sha256(weights), trainLoss: 1 / Double(epoch))
            try AtomicFile.write(try ContractCoding.encode(record), to: folder + "/" + EpochRecord.file)
        }
    }

    /// Fitted to every row, and right on none.
    private func yardstick(_ task: YardstickTask) throws -> ([FileReference], [String: Double]) {
        let answers = try task.asked.flatMap { try rows($0) }.map {
            YardstickAnswer(row: $0.id, right: [.commonest: false, .linear: false])
        }
        let lines = try answers.map { try ContractCoding.encode($0) + Data([10]) }.reduce(Data(), +)
        let path = request.directory + "/yardstick.jsonl"
        try AtomicFile.write(lines, to: path)
        let learnt = try task.train.reduce(0) { try $0 + rows($1).count }
        return (
            [FileReference(path: path, sha256: Digest.sha256(lines), bytes: lines.count)],
            ["rows": Double(learnt), "states_rows": 0]
        )
    }

    /// A curve that falls, is lowest near 3·10⁻³ and rises again.
    private func rangeTest(_ task: RangeTestTask) -> RangeTestResult {
        let rates = (0..<task.steps).map {
            task.lowest * pow(task.highest / task.lowest, Double($0) / Double(max(1, task.steps - 1)))
        }
        let losses = rates.map { 1 + pow(log10($0 / 3e-3), 2) / 10 }
        return RangeTestResult(
            suggested: 6e-4, learningRates: rates, losses: losses, smoothed: losses,
            reason: "Made up by the fake worker.")
    }

    private func weights(_ folder: String) throws -> Weights {
        guard
            let line = FileManager.default.contents(atPath: folder + "/adapter_model.safetensors")?
                .prefix(1 << 16).split(separator: 10).first
        else {
            throw Failure(code: "fake.adapter", "The adapter is not there.", at: folder)
        }
        return try ContractCoding.decode(Weights.self, from: Data(line))
    }

    /// The more generations, the lower the loss and the more answers are right.
    private func evaluate(_ task: EvaluateTask) throws -> [SetName: EvaluationResult] {
        let generation = try task.model.adapters.reduce(0) { try $0 + weights($1.path).generation }
        let digest = try Digest.sha256(file: task.model.basePath)
        let inspection = ModelInspection(
            baseDigest: digest, tokenizerDigest: digest, nonFinite: 0, parameters: 1,
            adapterParameters: generation > 0 ? 1 : 0,
            adapterChange: generation > 0 ? 1 : nil)
        let environment = ProcessInfo.processInfo.environment
        let rowMicroseconds =
            environment["FAKE_WORKER_ROW_MICROSECONDS"].flatMap { UInt32($0) }
            ?? environment["FAKE_WORKER_PACE"].flatMap { UInt32($0) }.map { $0 * 1000 } ?? 2_000
        var results: [SetName: EvaluationResult] = [:]
        for set in task.sets {
            var text = Data()
            var count = 0
            for row in try set.files.flatMap({ try rows($0) }) {
                if Self.stopped.pointee != 0 { exit(WorkerExit.interrupted.rawValue) }
                usleep(rowMicroseconds)
                let noise = Double(row.id.rawValue.utf8.reduce(0) { $0 + Int($1) } % 100) / 1000
                let record = ExampleRecord(
                    row: row.id, set: set.name, lossSum: 4 / Double(1 + generation) + noise, tokens: 2,
                    correctTokens: 1, bytes: 4, promptTokens: 3,
                    prompt: Self.prompt(row), reference: "r",
                    output: set.maxNewTokens == 0 ? nil : generation > 0 ? "r" : "wrong",
                    fields: row.fields)
                text += try ContractCoding.encode(record) + Data([10])
                count += 1
                var event = WorkerEvent(.progress)
                event.progress = ProgressReport(done: count, total: count, unit: "rows")
                Self.tell(event)
            }
            let path = request.directory + "/examples-\(set.name).jsonl"
            try AtomicFile.write(text, to: path)
            results[set.name] = EvaluationResult(
                rows: count, figures: [:],
                examples: FileReference(path: path, sha256: Digest.sha256(text), bytes: text.count), seconds: 1,
                inspection: inspection)
        }
        return results
    }

    private static func prompt(_ row: Row) -> String {
        if case .completion(let prompt, _) = row.content { return prompt }
        return "p"
    }

    private func export(_ task: ExportTask) throws -> [FileReference] {
        let folder = request.directory + "/export"
        try AtomicFile.makeFolder(folder)
        usleep(100_000)
        guard task.format != .ggufF16 else {
            throw Failure(code: "export.base", "The fake worker exports no GGUF F16.")
        }
        if task.format == .peft {
            let generation = try task.model.adapters.reduce(0) { try $0 + weights($1.path).generation }
            let content = try ContractCoding.encode(Weights(generation: generation))
            let path = folder + "/adapter_model.safetensors"
            try AtomicFile.write(content, to: path)
            return [FileReference(path: path, sha256: Digest.sha256(content), bytes: content.count)]
        }
        let content = Data(task.format.rawValue.utf8)
        try AtomicFile.write(content, to: folder + "/model")
        // What engines read a base by.
        if task.model.adapters.isEmpty { try AtomicFile.write(Data("{}".utf8), to: folder + "/config.json") }
        return [FileReference(path: folder + "/model", sha256: Digest.sha256(content), bytes: content.count)]
    }

    /// Tokens that nobody reads.
    private func tokens(_ set: EvaluationSet) throws -> FileReference {
        let content = Data("tokens of \(set.files.map(\.sha256).joined(separator: " "))".utf8)
        let path = request.directory + "/tokens-\(set.name).safetensors"
        try AtomicFile.write(content, to: path)
        return FileReference(path: path, sha256: Digest.sha256(content), bytes: content.count)
    }

    private func probe() throws -> FileReference {
        var content = Data()
        for line in 1...8 {
            let row = Row(
                id: RowID("probe-\(line)"), content: .text("What the base says."), split: .gate, promptKey: "p",
                drop: "probe", line: line)
            content += try ContractCoding.encode(row) + Data([10])
        }
        try AtomicFile.write(content, to: request.directory + "/probe.jsonl")
        return FileReference(
            path: request.directory + "/probe.jsonl", sha256: Digest.sha256(content), bytes: content.count, rows: 8)
    }

    /// Every row has twenty tokens, four of them its answer's.
    private func measurements(_ task: MeasureTask) throws -> FileReference {
        var lines = Data()
        for row in try task.rows.flatMap(rows) {
            let line = RowMeasurement(
                row: row.id, drop: row.drop, line: row.line, file: row.file, tokens: 20, labels: 4)
            lines += try ContractCoding.encode(line) + Data([10])
        }
        let path = request.directory + "/measure.jsonl"
        try AtomicFile.write(lines, to: path)
        return FileReference(path: path, sha256: Digest.sha256(lines), bytes: lines.count)
    }

    private func rows(_ file: FileReference) throws -> [Row] {
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw Failure(code: "fake.rows", "The rows are not there.", at: file.path)
        }
        // Golden sets and probes are plain text.
        guard data.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) else {
            return try data.split(separator: 10).map { try ContractCoding.decode(Row.self, from: Data($0)) }
        }
        let reader = try ZstdReader()
        var text = Data()
        try data.withUnsafeBytes { try reader.push($0) { text.append(contentsOf: $0) } }
        return try text.split(separator: 10).map { try ContractCoding.decode(Row.self, from: Data($0)) }
    }
}
