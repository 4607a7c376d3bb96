import Nouns
import StageKit

/// Names in OpenAI's form, `ft:<base>:local:<pipeline>`, with `:<first 8 hex of the version>` or `:<run>`.
extension ServingNames {
    /// The digits of a version that its name has.
    private static let digits = 8

    /// The name of what a pipeline serves, or of one model of it.
    package static func name(base: BaseID, _ pipeline: PipelineName, _ model: String? = nil) -> String {
        (["ft", base.rawValue, "local", pipeline.rawValue] + (model.map { [$0] } ?? [])).joined(separator: ":")
    }

    package static func name(_ version: ModelVersion) -> String {
        name(base: version.base, version.pipeline, String(hexadecimal(version.id).prefix(digits)))
    }

    private static func hexadecimal(_ id: VersionID) -> Substring { id.rawValue.dropFirst("v-".count) }

    /// What a name in OpenAI's form means. Throws a Failure: `model.unknown`, `model.removed`, and `model.ambiguous`
    /// for digits that several versions begin with.
    func tuned(_ name: String) throws -> ServingTarget {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4 || parts.count == 5, parts[2] == "local", !parts[3].isEmpty else { throw unknown(name) }
        let (base, pipeline) = (BaseID(parts[1]), PipelineName(parts[3]))
        guard parts.count == 5 else {
            guard context.settings.pipeline(pipeline) != nil else { throw unknown(name) }
            return try of(base, try served(pipeline), name)
        }
        if let run = try context.ledger.run(RunID(parts[4])), run.pipeline == pipeline {
            return try of(base, try candidate(run), name)
        }
        let fitting = try context.ledger.versions(pipeline).filter {
            !parts[4].isEmpty && Self.hexadecimal($0.id).hasPrefix(parts[4])
        }
        guard let version = fitting.first else { throw unknown(name) }
        guard fitting.count == 1 else {
            throw Failure(
                code: "model.ambiguous", "'\(name)' may be any of \(fitting.count) versions.", at: name,
                remedy: "Name one of \(fitting.map(\.id.rawValue).joined(separator: ", ")).")
        }
        return try of(base, try target(version), name)
    }

    /// The model, where it stands on the base that was named.
    private func of(_ base: BaseID, _ target: ServingTarget, _ name: String) throws -> ServingTarget {
        guard target.model.base == base else { throw unknown(name) }
        return target
    }
}
