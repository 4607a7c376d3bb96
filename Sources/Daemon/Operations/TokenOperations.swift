import ControlProtocol
import Foundation
import Ledger
import Nouns
import StageKit

/// Tokens, by which programs and other machines ask.
package struct TokenOperations: Sendable {
    let context: StageContext

    package init(_ context: StageContext) { self.context = context }

    /// The key on the problem board, and what it says while nobody can ask over TCP.
    package static let problem = "api:tokens"
    package static let noTokens = Failure(
        code: "api.no_tokens", "The API is offered over TCP, where every request needs a token, and there is none.",
        at: "api.listen", remedy: "Make one: `ftctl token add NAME --read`, --use or --admin.")

    /// Makes a token. The answer alone has it whole.
    ///
    /// Throws a Failure: `token.name`, and `token.exists`.
    package func add(_ request: AddTokenRequest, who: String) throws -> NewTokenAnswer {
        guard request.name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,62}/) != nil else {
            throw Failure(
                code: "request.name", "'\(request.name)' cannot name a token.", at: "name",
                remedy: "Use letters, digits, '.', '_' and '-'.")
        }
        let token = AccessToken()
        let kept = Token(
            id: token.id, name: request.name, role: request.role.rawValue, digest: token.digest, createdAt: Date(),
            createdBy: who)
        guard try context.ledger.add(kept) else {
            throw Failure(
                code: "tokens.exists", "There is a token '\(request.name)'.", at: "name",
                remedy: "Give another name, or remove that one: `ftctl token remove \(request.name)`.")
        }
        context.problems.set(Self.problem, nil)
        context.logger.notice(
            "\(who) made the token '\(request.name)' (\(request.role.rawValue))", metadata: ["event": "access.changed"])
        return NewTokenAnswer(token: token.text, summary: Self.summary(kept))
    }

    package func list() throws -> [TokenSummary] { try context.ledger.tokens().map(Self.summary) }

    /// Forgets a token: whoever shows it is refused from now on, and what belongs to it is the admins'.
    ///
    /// Throws a Failure (`tokens.unknown`).
    package func remove(_ name: TokenName, who: String) throws -> RemovedAnswer {
        guard try context.ledger.removeToken(name.rawValue) != nil else {
            throw Failure(
                code: "tokens.unknown", "There is no token '\(name)'.", at: name.rawValue,
                remedy: "See `ftctl token list`.")
        }
        context.logger.notice("\(who) removed the token '\(name)'", metadata: ["event": "access.changed"])
        return RemovedAnswer()
    }

    /// The one whom a token stands for; nil where it is not known.
    package func principal(_ text: String) throws -> Principal? {
        guard let shown = AccessToken(text), let kept = try context.ledger.token(shown.id), shown.matches(kept.digest),
            let role = Role(rawValue: kept.role)
        else { return nil }
        return Principal(owner: Self.owner(kept), name: kept.name, role: role)
    }

    private static func owner(_ token: Token) -> String { "token:\(token.id)" }

    private static func summary(_ token: Token) -> TokenSummary {
        TokenSummary(
            name: token.name, owner: owner(token), role: TokenRole(rawValue: token.role) ?? .reader,
            createdAt: token.createdAt,
            createdBy: token.createdBy)
    }
}
