import ControlProtocol
import Foundation
import Ledger
import Nouns
import StageKit
import Synchronization

/// Carries out once what comes several times under one key: a client that lost the answer asks again.
///
/// Keys are a user's own and hold for a day, over restarts as well.
package final class Repetitions: Sendable {
    /// What a key may be like.
    private static let longest = 255

    private struct Place: Hashable {
        let owner: String
        let key: String
    }
    private let context: StageContext
    /// Requests under way, with those that wait for their ends.
    private let underWay = Mutex<[Place: [CheckedContinuation<Void, Never>]]>([:])

    package init(_ context: StageContext) { self.context = context }

    /// Makes an answer, or gives the first one again.
    ///
    /// Throws a Failure: `request.idempotency` where the key was another request's, `request.interrupted` where it is
    /// not known whether a former daemon carried the request out, and what `make` throws.
    ///
    /// - Parameters:
    ///   - request: what is asked, by digest.
    ///   - form: whether `make` tells by itself whether the same came before, by the names that it makes.
    ///   - isRepeatable: whether `make` finds what it made before, by its name.
    package func once(
        _ key: String, who: String, request: String, form: Bool, isRepeatable: Bool,
        _ make: @Sendable () async throws -> Data
    ) async throws -> Data {
        guard (1...Self.longest).contains(key.utf8.count) else {
            throw Failure(
                code: "request.value", "The key has \(key.utf8.count) bytes.", at: "Idempotency-Key",
                remedy: "Give 1 to \(Self.longest).")
        }
        let place = Place(owner: who, key: key)
        await enter(place)
        defer { leave(place) }
        let known = try context.ledger.claim(
            key, of: who, request: request, seed: RandomName.new(""), now: Date())
        guard known.request == request else { throw RepetitionFault.another }
        if let answer = known.answer, !form { return Data(answer.utf8) }
        guard known.isNew || isRepeatable else {
            throw Failure(
                code: "request.interrupted",
                "The daemon was stopped while this was carried out, and cannot tell how far it came.",
                remedy: "Look whether it was done; if not, ask under another key.")
        }
        do {
            let answer = try await RandomName.$seed.withValue(known.seed) { try await make() }
            if !form { try context.ledger.keep(String(decoding: answer, as: UTF8.self), key: key, of: who) }
            return answer
        } catch let failure as Failure where known.isNew && (400..<500).contains(ErrorStatus(failure.code).number) {
            // What was refused may be asked anew.
            try context.ledger.release(key, of: who)
            throw failure
        }
    }

    private func enter(_ place: Place) async {
        while true {
            let isFree = underWay.withLock { places in
                guard places[place] == nil else { return false }
                places[place] = []
                return true
            }
            if isFree { return }
            await withCheckedContinuation { call in
                let isOver = underWay.withLock { places in
                    guard places[place] != nil else { return true }
                    places[place]?.append(call)
                    return false
                }
                if isOver { call.resume() }
            }
        }
    }

    private func leave(_ place: Place) {
        let waiting = underWay.withLock { $0.removeValue(forKey: place) ?? [] }
        for call in waiting { call.resume() }
    }
}
