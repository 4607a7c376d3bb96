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
    /// What can be followed: a pipeline or a run.
    static var followed: CompletionKind { .custom { _, _, _ in await KnownNames.pipelines() + KnownNames.runs() } }
    /// What can answer: a pipeline, a run or a base.
    static var models: CompletionKind {
        .custom { _, _, _ in await KnownNames.pipelines() + KnownNames.bases() + KnownNames.runs() }
    }
}
