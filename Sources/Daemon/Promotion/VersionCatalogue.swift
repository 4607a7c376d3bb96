import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import Settings
import StageKit

/// The versions of the pipelines: looked up by name, compared, annotated, and cleared away when nothing needs them.
package struct VersionCatalogue: Sendable {
    let context: StageContext
    /// Versions that are answering somebody.
    private let answering: @Sendable () -> Set<VersionID>

    /// - Parameter answering: the versions that are answering somebody now; they stay.
    package init(_ context: StageContext, answering: @escaping @Sendable () -> Set<VersionID> = { [] }) {
        self.context = context
        self.answering = answering
    }

    /// Every version of a pipeline, newest first. Throws a Failure (`pipeline.unknown`) where nothing was ever known of
    /// the pipeline.
    package func all(_ pipeline: PipelineName) throws -> [VersionSummary] {
        try context.requireKnown(pipeline)
        let names = try aliases(pipeline)
        let forced = Set(
            try context.ledger.history(pipeline, limit: Int.max).filter { $0.kind == .forced }.compactMap(\.version))
        return try context.ledger.versions(pipeline).reversed().map { version in
            let verdict = try context.ledger.run(version.run)?.verdict
            return VersionSummary(
                version: version, aliases: names.filter { $0.value == version.id }.map(\.key).sorted(),
                forced: forced.contains(version.id),
                verdict: verdict.map { "\($0.outcome.rawValue): \($0.summary)" },
                figures: verdict?.figures[.candidate]?[.gate] ?? [:],
                exports: try context.ledger.exports(version.id),
                present: FileManager.default.fileExists(
                    atPath: context.layout.versionRecord(pipeline, version.id)))
        }
    }

    /// One version, by identifier or alias. Throws a Failure (`version.unknown`).
    package func one(_ pipeline: PipelineName, _ name: String) throws -> VersionSummary {
        let id = try aliases(pipeline)[name] ?? VersionID(name)
        guard let found = try all(pipeline).first(where: { $0.version.id == id }) else {
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
        try context.ledger.setAlias(request.name, of: pipeline, to: id, who: who)
        return try all(pipeline)
    }

    package func compare(_ pipeline: PipelineName, _ a: String, _ b: String) throws -> VersionComparison {
        let (a, b) = (try one(pipeline, a), try one(pipeline, b))
        let (left, right) = (Self.facts(a.version), Self.facts(b.version))
        let differences = left.keys.sorted().compactMap { key -> VersionComparison.Difference? in
            let (x, y) = (left[key] ?? "–", right[key] ?? "–")
            return x == y ? nil : .init(what: key, a: x, b: y)
        }
        let rows = try [a, b].map {
            try context.ledger.snapshot($0.version.snapshot)?.files[.gate]?.map(\.sha256) ?? []
        }
        return VersionComparison(
            a: a, b: b, differences: differences, sameGateRows: rows[0] == rows[1] && !rows[0].isEmpty)
    }

    /// Lineage and every value of the recipe, by name.
    private static func facts(_ version: ModelVersion) -> [String: String] {
        var facts = [
            "run": version.run.rawValue, "base": version.base.rawValue,
            "parent": version.parent?.rawValue ?? "the base", "snapshot": version.snapshot.rawValue,
            "code": version.code, "machine": version.machine, "adapters": String(version.adapters.count),
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
        return facts
    }

    /// `current`, `previous` and people's own names.
    private func aliases(_ pipeline: PipelineName) throws -> [String: VersionID] {
        var names = try context.ledger.aliases(pipeline)
        let last = try context.ledger.history(pipeline, limit: 1).first
        names["current"] = last?.version
        names["previous"] = last?.previous
        return names
    }
}

// MARK: - Clearing away

extension VersionCatalogue {
    /// What nothing needs any more; with `remove`, also removes it. Records are never removed.
    package func garbage(remove: Bool) throws -> GarbagePlan {
        var items: [GarbagePlan.Item] = []
        var kept: [GarbagePlan.Kept] = []
        for pipeline in Set(context.settings.pipelines.map(\.name)).sorted() {
            let busy = try context.ledger.runs(in: RunState.allCases.filter(\.hasWorkLeft)).filter {
                $0.pipeline == pipeline
            }
            let versions = try all(pipeline)
            let scores = RetentionRules.scores(
                versions.map(\.figures), primary: context.settings.pipeline(pipeline)?.gates.primary)
            var reasons = RetentionRules.kept(
                zip(versions, scores).map { .init(version: $0.version, aliases: $0.aliases, score: $1) })
            for version in answering() where reasons[version] == nil { reasons[version] = "is answering somebody" }
            for run in busy {
                if let parent = run.parent ?? run.version, reasons[parent] == nil {
                    reasons[parent] = "is used by run \(run.id)"
                }
            }
            for summary in versions where summary.present {
                if let reason = reasons[summary.version.id] {
                    kept.append(.init(version: summary.version.id, reason: reason))
                } else {
                    let reason = "is neither served, named, best nor a parent"
                    if remove { try note(pipeline, summary.version.id, "it \(reason)") }
                    for path in [
                        context.layout.version(pipeline, summary.version.id),
                        context.layout.export(summary.version.id),
                    ] {
                        add(path, "\(summary.version.id) \(reason)", to: &items)
                    }
                }
            }
        }
        for run in try context.ledger.runs(limit: Int.max) where !run.state.hasWorkLeft {
            // The adapter and the scores stay: the run may yet be promoted by hand, and reports read them.
            add(
                context.layout.checkpoint(run.id),
                "run \(run.id) is \(run.state.rawValue) and needs no checkpoint", to: &items)
            // Delivered files were moved out of here. Those of an accepted run may still be delivered. For any other
            // run, a promotion by force writes the files anew.
            if run.state == .accepted { continue }
            add(
                context.layout.artefacts(run.id),
                "run \(run.id) is \(run.state.rawValue), and its exported files serve nobody", to: &items)
        }
        if remove {
            for item in items { try FileManager.default.removeItem(atPath: item.path) }
            context.logger.notice(
                "Removed \(items.count) files and folders that nothing needed", metadata: ["event": "disk.recovered"])
        }
        return GarbagePlan(items: items, kept: kept, removed: remove)
    }

    /// Keeps when and why a version's files go, for those who ask for it later.
    private func note(_ pipeline: PipelineName, _ version: VersionID, _ reason: String) throws {
        let path = context.layout.removedVersion(pipeline, version)
        try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded())
        try AtomicFile.write(try ContractCoding.pretty(RemovedVersion(at: now, reason: reason)), to: path)
    }

    private func add(_ path: String, _ reason: String, to items: inout [GarbagePlan.Item]) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        items.append(.init(path: path, bytes: Self.size(path), reason: reason))
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int(status.st_size) }
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).reduce(0) {
            $0 + size(path + "/" + $1)
        }
    }
}
