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

    /// The name of a run's model: that of the version that it is, or would be if it were promoted. Throws a Failure
    /// where nothing is trained.
    package func name(of run: Run) throws -> String {
        guard let version = try run.version ?? context.versionID(of: run) else { throw unknown(run.id.rawValue) }
        return Self.name(base: run.base, run.pipeline, String(Self.hexadecimal(version).prefix(Self.digits)))
    }

    private static func hexadecimal(_ id: VersionID) -> Substring { id.rawValue.dropFirst("v-".count) }

    /// What a name in OpenAI's form means. Throws a Failure: `model.unknown`, `model.removed`, and `model.ambiguous`
    /// for digits that several versions begin with.
    func tuned(_ name: String) throws -> ServingTarget {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (4...6).contains(parts.count), parts[2] == "local", !parts[3].isEmpty else { throw unknown(name) }
        let (base, pipeline) = (BaseID(parts[1]), PipelineName(parts[3]))
        guard parts.count > 4 else {
            guard try isAnswering(pipeline) else { throw unknown(name) }
            return try of(base, try served(pipeline), name)
        }
        let step = parts.count == 6 ? Self.step(parts[5]) : nil
        guard parts.count == 5 || step != nil else { throw unknown(name) }
        let found = try model(parts[4], of: pipeline, name)
        if let step { return try of(base, try checkpoint(found.run, step: step, name), name) }
        return try of(base, try found.version.map { try target($0) } ?? candidate(found.run), name)
    }

    /// The run that a part of a name means, and the version where it means one: the run's identifier, or the first
    /// digits of the version that it is, or would be. Throws a Failure: `model.unknown`, and `model.ambiguous` for
    /// digits that several begin with.
    private func model(_ part: String, of pipeline: PipelineName, _ name: String) throws -> (
        run: Run, version: ModelVersion?
    ) {
        if let run = try context.ledger.run(RunID(part)), run.pipeline == pipeline {
            guard try sight.sees(run) else { throw unknown(name) }
            return (run, nil)
        }
        guard !part.isEmpty else { throw unknown(name) }
        let versions = try context.ledger.versions(pipeline).filter { Self.hexadecimal($0.id).hasPrefix(part) }
        let runs = try unpromoted(pipeline, part)
        let fitting = versions.map(\.id.rawValue) + runs.map(\.id.rawValue)
        guard fitting.count < 2 else {
            throw Failure(
                code: "model.ambiguous", "'\(name)' may be any of \(fitting.count) versions.", at: name,
                remedy: "Name one of \(fitting.joined(separator: ", ")).")
        }
        let version = versions.first
        guard let run = try version.flatMap({ try context.ledger.run($0.run) }) ?? runs.first else {
            throw unknown(name)
        }
        return (run, version)
    }

    /// Runs whose model would be a version that begins with these digits, if they were promoted.
    private func unpromoted(_ pipeline: PipelineName, _ digits: String) throws -> [Run] {
        guard digits.count >= Self.digits else { return [] }
        return try context.ledger.runs(pipeline: pipeline, limit: .max, seenBy: sight.owner).filter { run in
            guard run.version == nil, run.purpose != .trial, let id = try context.versionID(of: run) else {
                return false
            }
            return Self.hexadecimal(id).hasPrefix(digits)
        }
    }

    /// The model, where it stands on the base that was named.
    private func of(_ base: BaseID, _ target: ServingTarget, _ name: String) throws -> ServingTarget {
        guard target.model.base == base else { throw unknown(name) }
        return target
    }
}
