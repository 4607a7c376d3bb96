import ControlProtocol
import Feedback
import Ledger
import Nouns
import Platform
import StageKit

/// Keeps what belongs to whom in order: names of former versions become numbers, and what removed users and tokens
/// left becomes the admins'.
package struct Owners: Sendable {
    let context: StageContext
    let answers: CompletionStore
    var userID: @Sendable (String) -> UInt32? = { System.userID($0) }
    var isGone: @Sendable (UInt32) -> Bool = { System.isGone($0) }

    /// - Parameter answers: the completions that are kept, each of which belongs to whoever asked for it.
    package init(_ context: StageContext, answers: CompletionStore) {
        self.context = context
        self.answers = answers
    }

    /// What nobody owns any more.
    static let admins = "admins"

    /// Looks at everybody who owns something. Throws what the ledger throws, and a FileFailure.
    package func settle() throws {
        let tokens = Set(try context.ledger.tokens().map { "token:\($0.id)" })
        for owner in try Set(context.ledger.owners()).union(answers.owners()).sorted() {
            guard let heir = heir(owner, tokens) else { continue }
            try context.ledger.pass(from: owner, to: heir)
            try answers.pass(from: owner, to: heir)
            guard heir == Self.admins else { continue }
            context.logger.notice(
                "What \(owner) left behind belongs to the admins now", metadata: ["event": "access.changed"])
        }
    }

    /// Whose it is to be; nil where that is right already.
    private func heir(_ owner: String, _ tokens: Set<String>) -> String? {
        if owner.hasPrefix("token:") { return tokens.contains(owner) ? nil : Self.admins }
        if owner.hasPrefix("uid:") {
            guard let number = UInt32(owner.dropFirst(4)), !isGone(number) else { return Self.admins }
            return nil
        }
        if owner == Self.admins || owner.contains(":") || ["loopback", "nobody"].contains(owner) { return nil }
        // A former version wrote names.
        return userID(owner).map { "uid:\($0)" } ?? Self.admins
    }
}
