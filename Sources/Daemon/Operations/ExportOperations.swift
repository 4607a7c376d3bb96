import ControlProtocol
import Delivery
import Foundation
import Ledger
import Nouns
import Promotion
import StageKit

/// What people can ask of exports: any version that is kept, in any format, at any time.
package struct ExportOperations: Sendable {
    let context: StageContext
    let orders: ExportOrders
    let versions: VersionCatalogue

    /// Takes an order. Throws a Failure: `version.unknown`, `version.removed`, `export.base`, `export.no_adapter`.
    package func order(_ request: ExportRequest, who: String) throws -> ExportAnswer {
        let version = try version(request)
        let card = try context.requireBase(of: version)
        if let missing = version.adapters.first(where: { !FileManager.default.fileExists(atPath: $0.path) }) {
            throw Failure(
                code: "version.removed", "The files of the version \(version.id) are gone.", at: missing.path,
                remedy: "Export another version: `ftctl version list \(version.pipeline)`.")
        }
        if version.adapters.isEmpty, request.format.isAdapter {
            throw Failure(
                code: "export.no_adapter", "The version \(version.id) is the base alone and has no adapter.",
                at: request.format.rawValue, remedy: "Choose another format.")
        }
        orders.add(version, request.format, who: who)
        context.bells.delivery.ring()
        return try answer(version, card, request.format)
    }

    /// How far an export is. Throws a Failure (`export.unknown`) where nobody asked for it, or none was delivered.
    package func show(_ id: VersionID, _ format: String) throws -> ExportAnswer {
        guard let version = try context.ledger.version(id), let format = ExportFormat(rawValue: format) else {
            throw unknown(id, format)
        }
        return try answer(version, context.requireBase(of: version), format)
    }

    /// One file of a finished export, in pieces. Throws a Failure (`export.unknown`).
    package func file(_ id: VersionID, _ format: String, _ name: String) throws -> FileContent {
        guard let known = ExportFormat(rawValue: format), let record = try record(id, known),
            let file = record.files.first(where: { ($0.path as NSString).lastPathComponent == name })
        else { throw unknown(id, format) }
        _ = orders.look(id, known)
        return FileContent(try FilePieces.stream(file.path))
    }

    private func answer(_ version: ModelVersion, _ card: BaseCard, _ format: ExportFormat) throws -> ExportAnswer {
        var answer = ExportAnswer(
            version: version.id, pipeline: version.pipeline, base: card.id,
            basePath: card.path(in: context.layout.base(card.id)), format: format, state: .done)
        if let (state, ahead, failure) = orders.look(version.id, format) {
            (answer.state, answer.ahead, answer.failure) = (state, ahead, failure)
        }
        guard answer.state == .done else { return answer }
        guard let record = try record(version.id, format) else { throw unknown(version.id, format.rawValue) }
        answer.record = record
        return answer
    }

    private func record(_ id: VersionID, _ format: ExportFormat) throws -> ExportRecord? {
        try context.ledger.exports(id).first { $0.format == format && $0.state == .done }
    }

    private func version(_ request: ExportRequest) throws -> ModelVersion {
        if request.version == nil, let version = try context.ledger.version(VersionID(request.model)) { return version }
        let pipeline = PipelineName(request.model)
        guard try context.ledger.pipelines().contains(pipeline) || context.settings.pipeline(pipeline) != nil else {
            throw Failure(
                code: "version.unknown", "There is neither a version nor a pipeline '\(request.model)'.",
                at: request.model, remedy: "See `ftctl pipeline list` and `ftctl version list PIPELINE`.")
        }
        if let name = request.version { return try versions.one(pipeline, name).version }
        guard let served = try context.served(pipeline) else {
            throw Failure(
                code: "version.unknown", "The pipeline '\(pipeline)' serves no version of its own yet.",
                at: request.model, remedy: "Name one of `ftctl version list \(pipeline)`, or promote a run first.")
        }
        return served
    }

    private func unknown(_ id: VersionID, _ format: String) -> Failure {
        Failure(
            code: "export.unknown", "The version \(id) has no export in the format '\(format)'.", at: format,
            remedy: "Ask for it: `ftctl version export \(id) --format FORMAT`.")
    }
}
