import ControlProtocol
import Foundation
import Judged
import Ledger
import Nouns
import Platform
import Settings
import StageKit

/// The versions of the pipelines: looked up by name, compared, annotated.
package struct VersionCatalogue: Sendable {
    let context: StageContext
    /// Versions that are answering somebody.
    private let answering: @Sendable () -> Set<VersionID>
    /// What people said of the answers of a pipeline's versions.
    private let rated: @Sendable (PipelineName) -> [VersionID?: FeedbackShare]

    /// - Parameters:
    ///   - answering: the versions that are answering somebody now; they stay.
    ///   - rated: what people said of the answers of a pipeline's versions.
    package init(
        _ context: StageContext, answering: @escaping @Sendable () -> Set<VersionID> = { [] },
        rated: @escaping @Sendable (PipelineName) -> [VersionID?: FeedbackShare] = { _ in [:] }
    ) {
        self.context = context
        self.answering = answering
        self.rated = rated
    }

    /// Every version of a pipeline, newest first. Throws a Failure (`pipeline.unknown`) where nothing was ever known of
    /// the pipeline.
    ///
    /// - Parameter who: whom they are shown to, without what reports of others' jobs say; nil for the daemon itself.
    package func all(_ pipeline: PipelineName, for who: Principal? = nil) throws -> [VersionSummary] {
        try context.requireKnown(pipeline)
        let sight = Sight(context.ledger, who)
        let names = try aliases(pipeline)
        let rated = rated(pipeline)
        let forced = Set(
            try context.ledger.history(pipeline, limit: Int.max).filter { $0.kind == .forced }.compactMap(\.version))
        return try context.ledger.versions(pipeline).reversed().map { version in
            let run = try context.ledger.run(version.run)
            let verdict = try run.flatMap { try sight.sees($0) ? $0.verdict : nil }
            return VersionSummary(
                version: version, aliases: names.filter { $0.value == version.id }.map(\.key).sorted(),
                forced: forced.contains(version.id),
                verdict: verdict.map { "\($0.outcome.rawValue): \($0.summary)" },
                figures: verdict?.figures[.candidate]?[.gate] ?? [:],
                exports: try context.ledger.exports(version.id),
                present: FileManager.default.fileExists(
                    atPath: context.layout.versionRecord(pipeline, version.id)),
                feedback: rated[version.id])
        }
    }

    /// One version, by identifier or alias. Throws a Failure (`version.unknown`).
    package func one(_ pipeline: PipelineName, _ name: String, for who: Principal? = nil) throws -> VersionSummary {
        let id = try aliases(pipeline)[name] ?? VersionID(name)
        guard let found = try all(pipeline, for: who).first(where: { $0.version.id == id }) else {
            if ["current", "previous", "base"].contains(name) {
                throw Failure(
                    code: "version.unknown", "'\(name)' of '\(pipeline)' is its base, which is no version.", at: name,
                    remedy: "What the base reaches stands beside each run's own figures in `ftctl report RUN`.")
            }
            throw Failure(
                code: "version.unknown", "The pipeline '\(pipeline)' has no version '\(name)'.", at: name,
                remedy: "See `ftctl version list \(pipeline)`.")
        }
        return found
    }

    package func annotate(_ pipeline: PipelineName, _ name: String, _ request: AnnotateRequest) throws -> VersionSummary
    {
        let id = try one(pipeline, name).version.id
        _ = try context.ledger.annotate(id, notes: request.notes, tags: request.tags)
        return try one(pipeline, id.rawValue)
    }

    package func alias(_ pipeline: PipelineName, _ request: AliasRequest, who: String) throws -> [VersionSummary] {
        let id = try request.version.map { try one(pipeline, $0).version.id }
        try ServingTurns.taken { try context.ledger.setAlias(request.name, of: pipeline, to: id, who: who) }
        return try all(pipeline)
    }

    /// Two versions side by side, by figures of the same gate rows where both were scored on some. Throws a Failure
    /// (`version.unknown`).
    package func compare(_ pipeline: PipelineName, _ a: String, _ b: String, for who: Principal? = nil) throws
        -> VersionComparison
    {
        let sight = Sight(context.ledger, who)
        var (a, b) = (try one(pipeline, a, for: who), try one(pipeline, b, for: who))
        let (left, right) = (Self.facts(a.version), Self.facts(b.version))
        let isSeen = try sight.sees(a.version.run) && sight.sees(b.version.run)
        let judged = isSeen ? try FrozenSettings.changes(from: a.version.run, to: b.version.run, context) : []
        let differences =
            left.keys.sorted().compactMap { key -> VersionComparison.Difference? in
                let (x, y) = (left[key] ?? "–", right[key] ?? "–")
                return x == y ? nil : .init(what: key, a: x, b: y)
            } + judged.map { .init(what: $0.key, a: $0.before, b: $0.after) }
        let rows = try [a, b].map {
            try context.ledger.snapshot($0.version.snapshot)?.files[.gate]?.map(\.sha256) ?? []
        }
        var areSame = rows[0] == rows[1] && !rows[0].isEmpty
        // What is served is scored beside each candidate, so that the rows of the one's run often have both.
        if !areSame { areSame = try takeFigures(of: &a, from: b, sight) || takeFigures(of: &b, from: a, sight) }
        return VersionComparison(a: a, b: b, differences: differences, sameGateRows: areSame)
    }

    /// Takes a version's figures from the run of another that it was the baseline of; false where it was not.
    private func takeFigures(of version: inout VersionSummary, from other: VersionSummary, _ sight: Sight) throws
        -> Bool
    {
        guard try sight.sees(other.version.run), let verdict = try context.ledger.run(other.version.run)?.verdict,
            verdict.baseline == version.version.id, let figures = verdict.figures[.served]?[.gate]
        else { return false }
        version.figures = figures
        return true
    }

    /// Lineage and every value of the recipe, by name.
    private static func facts(_ version: ModelVersion) -> [String: String] {
        var facts = [
            "run": version.run.rawValue, "base": version.base.rawValue,
            "parent": version.parent?.rawValue ?? "the base", "snapshot": version.snapshot.rawValue,
            "code": version.code, "machine": version.machine,
            "engine": version.engine?.name.rawValue ?? "builtin", "adapters": String(version.adapters.count),
        ]
        if let data = try? ContractCoding.encode(version.recipe),
            let recipe = try? ContractCoding.decode(JSONValue.self, from: data).objectValue
        {
            for (key, value) in recipe {
                facts["recipe." + key] = (try? ContractCoding.encode([value])).map {
                    String(String(decoding: $0, as: UTF8.self).dropFirst().dropLast())
                }
            }
        }
        if let template = version.recipe.template {
            let digest = template.text.map { " \(Digest.sha256(Data($0.utf8)).prefix(16))" } ?? ""
            facts["recipe.template"] = template.path + digest
        }
        return facts
    }

    /// What nothing needs any more; with `remove`, also removes it. Records are never removed.
    ///
    /// - Parameter who: whom it is shown to, without what is of others' jobs; nil for the daemon itself.
    package func garbage(remove: Bool, for who: Principal? = nil) throws -> GarbagePlan {
        let sight = Sight(context.ledger, who)
        let plan = try Retention(context, answering: answering).run(isPressed: true, remove: remove)
        let items = try plan.items.filter { try sight.sees(text: "\($0.path)\n\($0.reason)") }
        return GarbagePlan(items: items, kept: plan.kept, removed: plan.removed)
    }

    /// Removes the files of one version, by the rules that ``garbage(remove:)`` follows. Its record stays.
    ///
    /// Throws a Failure (`version.in_use`) that says what needs it.
    package func remove(_ version: VersionID, who: String) throws {
        try Retention(context, answering: answering).remove(version, who: who)
    }

    /// `current`, `previous` and people's own names.
    func aliases(_ pipeline: PipelineName) throws -> [String: VersionID] {
        var names = try context.ledger.aliases(pipeline)
        let last = try context.ledger.history(pipeline, limit: 1).first
        names["current"] = last?.version
        names["previous"] = last?.previous
        return names
    }
}
