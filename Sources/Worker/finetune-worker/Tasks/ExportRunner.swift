import Evaluation
import Exporting
import Foundation
import ModelLoading
import Nouns
import Tensors
import Transformers
import WeightFiles
import WorkerProtocol

/// Writes the model in a format that other programs load, then loads it back and compares.
struct ExportRunner {
    let context: TaskContext

    /// Texts to compare on where the request names no rows.
    private static let probes = [
        "The quick brown fox jumps over the lazy dog.", "Water boils at one hundred degrees Celsius at sea level.",
        "def add(a, b):\n    return a + b",
    ]

    func run(_ task: ExportTask) throws -> WorkerResult {
        if EngineBase.kind(of: task.model.basePath) != nil { return try export(forEngines: task) }
        context.events.stage("loading")
        let loaded = try LoadedModel(task.model, interruption: StopRequest.heed)
        let adapter = loaded.adapter
        if let adapter { try refuseEmpty(adapter, task) }
        context.events.stage("exporting")
        let output = context.path("export")
        try? FileManager.default.removeItem(atPath: output)
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        try write(task, loaded, adapter, to: output)
        if let template = task.model.template, format(task, loaded).mainFile == nil {
            try WeightFolder.write(Data(template.utf8), to: output + "/" + TokenizerFile.templateName)
        }
        try ExportReadme(
            format(task, loaded), base: task.model.base.rawValue, path: loaded.path, isFolder: loaded.gguf == nil,
            licence: loaded.gguf?.metadata["general.license"]?.string, source: task.source
        ).write(to: output)
        try StopRequest.heed()
        context.events.stage("verifying")
        let figures = try verify(task, loaded, adapter, output)
        var result = WorkerResult()
        result.files = try FileManager.default.contentsOfDirectory(atPath: output).sorted()
            .map { try FileReference(of: output + "/" + $0, interruption: StopRequest.heed) }
        result.figures = figures
        return result
    }

    /// The format with its number type, which is the base's own where none is named.
    private func format(_ task: ExportTask, _ loaded: LoadedModel) -> ExportFormat {
        task.format.written(for: loaded.model.weights.quantisation)
    }

    private func write(_ task: ExportTask, _ loaded: LoadedModel, _ adapter: Adapter?, to output: String) throws {
        let format = format(task, loaded)
        if format.isAdapter {
            guard let adapter, !task.model.adapters.contains(where: LoadedModel.isWhole) else { throw noAdapter(task) }
            guard format == .peft else {
                return try AdapterGGUF.write(
                    adapter, of: loaded.model, name: task.model.base.rawValue, to: output + "/adapter.gguf")
            }
            return try AdapterFolder.write(
                adapter, of: loaded.model, base: loaded.gguf == nil ? loaded.path : task.model.base.rawValue, to: output
            )
        }
        guard format.mainFile != nil else {
            return try HuggingFaceExport.write(
                loaded.model, base: try HuggingFaceExport.Base(loaded), adapter: adapter, type: Self.storage(format),
                to: output, interruption: StopRequest.heed)
        }
        let base: GGUFExport.Base =
            if let gguf = loaded.gguf { .gguf(gguf) } else {
                .other(loaded.text.definition, name: task.model.base.rawValue, path: loaded.path)
            }
        try GGUFExport.write(
            loaded.model, base: base, adapter: adapter, template: task.model.template, type: Self.storage(format),
            to: output + "/model.gguf", interruption: StopRequest.heed)
    }

    /// How the numbers of matrices are stored.
    static func storage(_ format: ExportFormat) -> StorageType {
        switch format {
        case .huggingfaceBF16, .huggingface: .bf16
        case .huggingfaceF16, .ggufF16: .f16
        case .ggufQ8: .q8_0
        case .huggingfaceF32, .peft, .ggufLora: .f32
        }
    }

    func noAdapter(_ task: ExportTask) -> WorkerFault {
        let isWhole = task.model.adapters.contains(where: LoadedModel.isWhole)
        return WorkerFault(
            .badRequest,
            Failure(
                code: "export.no_adapter",
                isWhole
                    ? "Full fine-tuning changed the weights themselves, which no adapter can say."
                    : "The base alone has no adapter to export.",
                at: "export.model.adapters",
                remedy: isWhole
                    ? "Export as a Hugging Face folder or as GGUF."
                    : "Export a trained version, or choose another format."))
    }

    private func refuseEmpty(_ adapter: Adapter, _ task: ExportTask) throws {
        let changes = adapter.places.contains { place in adapter.b(place).contains { $0 != 0 } }
        guard changes else {
            throw WorkerFault(
                .badModel,
                Failure(
                    code: "export.adapter_empty", "The adapter changes nothing: every B is zero.",
                    at: task.model.adapters.last?.path,
                    remedy: "Train it before it is exported."))
        }
    }

    /// Loads what was written and compares its losses, token by token, with the model in memory, and with the base's.
    private func verify(_ task: ExportTask, _ loaded: LoadedModel, _ adapter: Adapter?, _ output: String) throws
        -> [String: Double]
    {
        let sequences = try checkSequences(task, loaded)
        let team = ThreadTeam(threads: context.threads)
        func losses(_ model: Model, _ adapter: Adapter?) throws -> [Double] {
            let transformer = try Transformer(model, adapter: adapter, team: team)
            return try sequences.flatMap { sequence in
                try StopRequest.heed()
                return try transformer.score(TokenTree([sequence])).map { Double($0.loss) }
            }
        }
        let expected = try losses(loaded.model, adapter)
        let written: [Double]
        let format = format(task, loaded)
        let place = output + (format.mainFile.map { "/" + $0 } ?? "")
        if format.isAdapter {
            written = try losses(loaded.model, try AdapterFolder.read([place], for: loaded.model))
        } else {
            let back = try LoadedModel(path: place, like: loaded)
            try checkTokenizer(back, loaded, task, output)
            written = try losses(back.model, nil)
        }
        let difference = LossDifference(expected, written)
        guard let difference, difference.mean <= format.writtenTolerance else {
            throw WorkerFault(
                .internalFault,
                Failure(
                    code: "export.differs",
                    "The written model's loss is not that of the model in memory: \(Self.words(difference)).",
                    at: output, remedy: "Report this with the base and the format; do not use the files."))
        }
        var figures = [
            "mean_loss_difference": difference.mean, "largest_loss_difference": difference.largest,
            "tokens": Double(difference.tokens),
        ]
        if !task.model.adapters.isEmpty {
            let base = try losses(try LoadedModel(path: task.model.basePath).model, nil)
            let change = LossDifference(base, written)?.mean ?? .nan
            guard change > 0 else {
                throw WorkerFault(
                    .internalFault,
                    Failure(
                        code: "export.adapter_lost",
                        "The written model behaves exactly as the base does: what was trained is lost.", at: output,
                        remedy: "Report this with the base and the format; do not use the files."))
            }
            figures["mean_change_from_base"] = change
        }
        return figures
    }

    private static func words(_ difference: LossDifference?) -> String {
        difference.map { "it differs by \($0.mean) nats a token" } ?? "it has another number of tokens"
    }

    private func checkSequences(_ task: ExportTask, _ loaded: LoadedModel) throws -> [TokenSequence] {
        try checkRows(task).compactMap {
            try? loaded.encoder.example($0.content, tools: $0.tools, maximumLength: 256).sequence
        }
    }

    /// The written tokenizer and template must make the same tokens of the same rows.
    private func checkTokenizer(_ written: LoadedModel, _ loaded: LoadedModel, _ task: ExportTask, _ output: String)
        throws
    {
        for row in try checkRows(task) + Self.probes.map({ (RowContent.text($0), nil) }) {
            guard let expected = try? loaded.encoder.example(row.content, tools: row.tools, maximumLength: 256).sequence
            else { continue }
            let found = try written.encoder.example(row.content, tools: row.tools, maximumLength: 256).sequence
            guard found == expected else {
                throw WorkerFault(
                    .internalFault,
                    Failure(
                        code: "export.tokens_differ",
                        "The written tokenizer makes other tokens: \(found.ids) where \(expected.ids) are right.",
                        at: output, remedy: "Report this with the base and the format; do not use the files."))
            }
        }
    }

    private func checkRows(_ task: ExportTask) throws -> [(content: RowContent, tools: JSONValue?)] {
        let rows = try RowReader.read(task.check, limit: task.checkLimit ?? 8, interruption: StopRequest.heed)
        return rows.isEmpty ? Self.probes.map { (RowContent.text($0), nil) } : rows.map { ($0.content, $0.tools) }
    }
}
