import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Platform

/// Waits for what was put into a drop folder to be judged.
struct DropWaiting: Sendable {
    private let client: ControlClient
    private let pipeline: PipelineName
    /// The drops that were known before.
    private let known: Set<DropID>
    var placed: [PlacedDrop] = []

    /// The daemon takes a file at once, and never later than its next scan; so long it may take at most.
    private static let patience = Duration.seconds(120)
    private static let most = 10_000

    /// - Parameter drop: one that is waited for although it is known.
    init(_ client: ControlClient, pipeline: PipelineName, drop: DropID? = nil) async throws {
        self.client = client
        self.pipeline = pipeline
        known = Set(try await Self.drops(client, pipeline).map(\.id)).subtracting(drop.map { [$0] } ?? [])
    }

    private static func drops(_ client: ControlClient, _ pipeline: PipelineName) async throws -> [Drop] {
        try await client.send(.drops.list(DropQuery(pipeline: pipeline, limit: most)))
    }

    /// Asks until each is stored, quarantined or known to be a duplicate. Throws a Failure where the daemon does not
    /// take them.
    func outcome() async throws -> [PlacedDrop] {
        let clock = ContinuousClock()
        let deadline = clock.now + Self.patience
        while true {
            let drops = try await Self.drops(client, pipeline).filter { !known.contains($0.id) }
            let answer = matched(drops)
            if answer.allSatisfy({ $0.drop.map(Self.isJudged) ?? false }) { return try await reported(answer) }
            if let waiting = answer.first(where: { $0.drop == nil }), clock.now > deadline {
                throw Failure(
                    code: "drop.not_taken", "The daemon has not taken the file yet.", at: waiting.path,
                    remedy: "See `ftctl pipeline show \(pipeline)`; the file stays where it is.")
            }
            if clock.now > deadline - Self.patience + .seconds(5) { try await checkReader(answer) }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Throws a Failure (`client.waited`) where a file waits for a program that a person has to install.
    private func checkReader(_ placed: [PlacedDrop]) async throws {
        let names = placed.filter { $0.drop?.state == .received }.compactMap { $0.drop?.shownName }
        if names.isEmpty { return }
        let waiting = try await client.send(.pipelines.show(pipeline)).waiting ?? []
        if let file = waiting.first(where: { names.contains($0.name) && $0.reason.hasPrefix("waiting: ") }) {
            throw Failure(
                code: "client.waited", "The daemon has the file, but it is \(file.reason)", at: file.name,
                remedy: "Do that, and the file is read within a minute; see `ftctl pipeline show \(pipeline)`.")
        }
    }

    /// Each file with its drop: those of the same name in the order in which they came.
    private func matched(_ drops: [Drop]) -> [PlacedDrop] {
        var left = drops.sorted { $0.id < $1.id }
        return placed.map { placed in
            var placed = placed
            let name = (placed.path as NSString).lastPathComponent
            let id = placed.drop?.id
            if let index = left.firstIndex(where: { id == nil ? $0.name == name : $0.id == id }) {
                placed.drop = left.remove(at: index)
            }
            return placed
        }
    }

    private static func isJudged(_ drop: Drop) -> Bool { drop.state != .received && drop.state != .validated }

    /// With the report of each that has one: a duplicate was not read again.
    private func reported(_ placed: [PlacedDrop]) async throws -> [PlacedDrop] {
        var result = placed
        for (index, one) in placed.enumerated() {
            guard let drop = one.drop, drop.state != .duplicate else { continue }
            result[index].report = try await client.send(.drops.report(drop.id))
        }
        return result
    }
}
