import ControlProtocol
import Foundation
import Ledger
import Nouns
import Promotion
import Serving
import StageKit

/// The models that can be asked, by the names that OpenAI's clients use.
package struct WireModels: Sendable {
    let context: StageContext
    let serving: any ServingPath

    /// What can answer now: what pipelines serve, every version whose files are there, and bases.
    package func list(for who: Principal? = nil) throws -> WireList<WireModel> {
        let names = names(who)
        var models: [WireModel] = []
        for pipeline in try names.pipelines() {
            // A pipeline that cannot answer now is no model now.
            if let target = try? names.served(pipeline) {
                models.append(
                    WireModel(
                        id: ServingNames.name(base: target.model.base, pipeline), created: try created(target),
                        ownedBy: "local"))
            }
            for version in try context.ledger.versions(pipeline).reversed()
            where FileManager.default.fileExists(atPath: context.layout.versionRecord(pipeline, version.id)) {
                models.append(
                    WireModel(
                        id: ServingNames.name(version), created: Self.seconds(version.createdAt), ownedBy: "local"))
            }
        }
        for pipeline in context.settings.pipelines.map(\.name) {
            for (run, record) in try names.checkpoints(pipeline) {
                models.append(
                    WireModel(
                        id: ServingNames.name(of: run, step: record.step), created: Int(record.time), ownedBy: "local"))
            }
        }
        for base in try context.ledger.bases() {
            models.append(
                WireModel(id: base.id.rawValue, created: Self.seconds(base.addedAt), ownedBy: "base"))
        }
        return WireList(models)
    }

    /// The model that a name means now. Throws a Failure: `model.unknown`, `model.removed`.
    package func show(_ name: WireModelName, for who: Principal? = nil) throws -> WireModel {
        let target = try names(who).target(name.rawValue)
        return WireModel(
            id: target.name, created: try created(target),
            ownedBy: target.version == nil && target.run == nil ? "base" : "local")
    }

    /// Removes the files of a version that nothing needs.
    ///
    /// Throws a Failure: `model.unknown`, `model.removed`, and `version.in_use` saying what needs it.
    package func remove(_ name: WireModelName, who: Principal) throws -> DeletedObject {
        let target = try names(who).target(name.rawValue)
        if let folder = target.checkpoint, let run = target.run {
            guard try Ownership(context).permits(who, .own, "run", run.rawValue) else {
                throw Refusal.failure(who, .own)
            }
            try FileManager.default.removeItem(atPath: folder)
            return DeletedObject(name.rawValue, object: "model")
        }
        guard let version = target.version, target.pipeline == nil else {
            throw Failure(
                code: "request.unsupported_value", "'\(name)' names no version.", at: "model",
                remedy: "Name a version, as GET /v1/models lists them; bases go with `ftctl base remove`.")
        }
        if let pipeline = try context.ledger.version(version)?.pipeline,
            try !Ownership(context).permits(who, pipeline)
        {
            throw Refusal.failure(who, .own)
        }
        try VersionCatalogue(context, answering: { serving.versionsInUse }).remove(version, who: who.name)
        return DeletedObject(name.rawValue, object: "model")
    }

    private func names(_ who: Principal?) -> ServingNames { ServingNames(context, Sight(context.ledger, who)) }

    private func created(_ target: ServingTarget) throws -> Int {
        if let version = try target.version.flatMap({ try context.ledger.version($0) }) {
            return Self.seconds(version.createdAt)
        }
        if let run = try target.run.flatMap({ try context.ledger.run($0) }) { return Self.seconds(run.createdAt) }
        return try context.ledger.base(target.model.base).map { Self.seconds($0.addedAt) } ?? 0
    }

    private static func seconds(_ time: Date) -> Int { Int(time.timeIntervalSince1970) }
}
