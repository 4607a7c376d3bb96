import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns

/// Names that the daemon knows, for completion in a shell.
enum KnownNames {
    /// Seconds for which a shell may wait.
    private static let patience = 2.0

    static func pipelines() async -> [String] {
        await names { try await $0.send(.pipelines.list()).map(\.name.rawValue) }
    }

    static func runs() async -> [String] {
        await names { try await $0.send(.runs.list(RunQuery(pipeline: nil, limit: 50))).map(\.id.rawValue) }
    }

    static func bases() async -> [String] {
        await names { try await $0.send(.bases.list()).map(\.id.rawValue) }
    }

    static func drops() async -> [String] {
        await names { try await $0.send(.drops.list(DropQuery(pipeline: nil, limit: 50))).map(\.id.rawValue) }
    }

    static func experiments() async -> [String] {
        await names { try await $0.send(.experiments.list(ExperimentQuery(limit: 50))).map(\.id.rawValue) }
    }

    static func engines() async -> [String] {
        await names { try await $0.send(.engines.list()).map(\.name.rawValue) }
    }

    static func tokens() async -> [String] {
        await names { try await $0.send(.tokens.list()).map(\.name) }
    }

    /// What the newest runs were trained on: whole datasets grow with the years, and a shell waits.
    static func snapshots() async -> [String] {
        await names { client in
            let all = try await client.send(.runs.list(RunQuery(pipeline: nil, limit: 50))).map(\.snapshot.rawValue)
            return Set(all).sorted()
        }
    }

    /// A pipeline's versions, each after the names that it has.
    static func versions(of pipeline: String) async -> [String] {
        await names {
            try await $0.send(.versions.list(PipelineName(pipeline))).flatMap { $0.aliases + [$0.version.id.rawValue] }
        }
    }

    /// Whatever goes wrong, a shell is told no names: it is no place for messages.
    private static func names(_ ask: (ControlClient) async throws -> [String]) async -> [String] {
        guard let place = try? DaemonPlace(root: nil, .own) else { return [] }
        return (try? await ask(ControlClient(socket: place.socket, patience: patience))) ?? []
    }
}

extension CompletionKind {
    static var pipelines: CompletionKind { .custom { _, _, _ in await KnownNames.pipelines() } }
    static var runs: CompletionKind { .custom { _, _, _ in await KnownNames.runs() } }
    static var bases: CompletionKind { .custom { _, _, _ in await KnownNames.bases() } }
    static var drops: CompletionKind { .custom { _, _, _ in await KnownNames.drops() } }
    static var experiments: CompletionKind { .custom { _, _, _ in await KnownNames.experiments() } }
    static var engines: CompletionKind { .custom { _, _, _ in await KnownNames.engines() } }
    static var snapshots: CompletionKind { .custom { _, _, _ in await KnownNames.snapshots() } }
    /// What has rows: a pipeline or a snapshot.
    static var datasets: CompletionKind {
        .custom { _, _, _ in await KnownNames.pipelines() + KnownNames.snapshots() }
    }
    /// What a dataset consists of: drops and snapshots.
    static var parts: CompletionKind { .custom { _, _, _ in await KnownNames.drops() + KnownNames.snapshots() } }
    /// What data came from or went into: drops, snapshots and runs.
    static var origins: CompletionKind {
        .custom { _, _, _ in await KnownNames.drops() + KnownNames.snapshots() + KnownNames.runs() }
    }
    static var tokens: CompletionKind { .custom { _, _, _ in await KnownNames.tokens() } }
    /// Versions of the pipeline that the command names first.
    static var versions: CompletionKind {
        .custom { words, _, _ in if let pipeline = words.first { await KnownNames.versions(of: pipeline) } else { [] } }
    }
    /// What can be followed: a pipeline or a run.
    static var followed: CompletionKind { .custom { _, _, _ in await KnownNames.pipelines() + KnownNames.runs() } }
    /// What can answer: a pipeline, a run or a base.
    static var models: CompletionKind {
        .custom { _, _, _ in await KnownNames.pipelines() + KnownNames.bases() + KnownNames.runs() }
    }
}
