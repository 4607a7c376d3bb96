import Exporting
import Foundation
import ModelLoading
import Nouns
import WorkerProtocol

/// Models that only other engines compute with: written by the names of their tensors, without a forward pass.
extension ExportRunner {
    func export(forEngines task: ExportTask) throws -> WorkerResult {
        context.events.stage("loading")
        let model = try EngineModel(task.model, interruption: StopRequest.heed)
        let format = task.format.written(for: model.weights.quantisation)
        context.events.stage("exporting")
        let output = context.path("export")
        try? FileManager.default.removeItem(atPath: output)
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        let export = EngineExport(model, type: Self.storage(format), interruption: StopRequest.heed)
        let isWhole = task.model.adapters.contains(where: LoadedModel.isWhole)
        switch format {
        case .peft:
            guard !isWhole, !model.adapter.modules.isEmpty else { throw noAdapter(task) }
            try export.writeAdapter(
                of: task.model.adapters.map(\.path), base: model.base.folder.path, to: output)
        case .huggingface, .huggingfaceF32, .huggingfaceF16, .huggingfaceBF16:
            try export.writeMerged(template: task.model.template, to: output)
        case .ggufF16, .ggufQ8, .ggufLora:
            throw WorkerFault(
                .badRequest,
                Failure(
                    code: "export.unsupported",
                    "A model of the architecture '\(model.base.kind)' cannot be written as \(format.rawValue) here.",
                    at: "export.format", remedy: "Export as peft or huggingface."))
        }
        try ExportReadme(
            format, base: task.model.base.rawValue, path: model.base.folder.path, isFolder: true, licence: nil,
            source: task.source
        ).write(to: output)
        context.events.stage("verifying")
        var result = WorkerResult()
        result.figures = try export.verified(
            at: output, isAdapter: format == .peft, isTrained: !task.model.adapters.isEmpty)
        result.files = try FileManager.default.contentsOfDirectory(atPath: output).sorted()
            .map { try FileReference(of: output + "/" + $0, interruption: StopRequest.heed) }
        return result
    }
}
