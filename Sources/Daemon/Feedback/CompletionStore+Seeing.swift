import ControlProtocol
import Foundation
import Nouns
import StageKit

extension CompletionStore {
    /// Everybody who has a completion.
    package func owners() -> Set<String> {
        readAll()
        return state.withLock { Set($0.entries.values.map(\.owner)) }
    }

    /// Gives the completions of one owner to another. Throws a FileFailure where one cannot be written, and can then be
    /// called again.
    package func pass(from former: String, to heir: String) throws {
        readAll()
        try state.withLock { state in
            for (id, entry) in state.entries where entry.owner == former {
                var stored = try files.read(entry.pipeline, id)
                stored.owner = heir
                try write(stored, &state)
            }
        }
    }

    /// Throws a Failure: `completion.unknown`, `completion.deleted`, `completion.expired`.
    func entry(_ id: String, _ who: Principal, _ state: State) throws -> Entry {
        if let entry = state.entries[id] {
            guard who.owns(entry.owner) else { throw unknown(id) }
            return entry
        }
        switch try grave(id)?.why {
        case .deleted:
            throw Failure(
                code: "completion.deleted", "The completion '\(id)' was deleted.", at: id,
                remedy: "Ask anew, and rate that answer.")
        case .expired:
            throw Failure(
                code: "completion.expired", "The completion '\(id)' is too old, and was removed.", at: id,
                remedy: "Ask anew; feedback.days and feedback.bytes say how long completions are kept.")
        case nil: throw unknown(id)
        }
    }

    private func grave(_ id: String) throws -> Grave? {
        for (pipeline, _) in files.all() { if let grave = try files.graves(pipeline)[id] { return grave } }
        return nil
    }

    private func unknown(_ id: String) -> Failure {
        Failure(
            code: "completion.unknown",
            "There is no completion '\(id)' of yours: it was never kept, or somebody else asked for it.", at: id,
            remedy: "Ask with \"store\": true in a pipeline whose feedback.record is not \"none\".")
    }
}
