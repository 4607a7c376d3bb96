import Foundation
import Nouns

/// Questions and orders about tokens.
package enum TokenEndpoints {
    package static let add = Endpoint<NoSubject, NoQuery, AddTokenRequest, NewTokenAnswer>(
        "tokens.add", .post, "/v1/tokens", "Makes a token, and shows it this once.")
    package static let list = Endpoint<NoSubject, NoQuery, NoBody, [TokenSummary]>(
        "tokens.list", .get, "/v1/tokens", "Lists the tokens, without what they are known by.", access: .administer)
    package static let remove = Endpoint<TokenName, NoQuery, NoBody, RemovedAnswer>(
        "tokens.remove", .delete, "/v1/tokens/{token}",
        "Forgets a token: whoever shows it is refused, and what belongs to it is the admins'.")

    static let all = [add.description, list.description, remove.description]
}

/// Phantom noun of ``TokenName``.
package enum TokenNoun {}
/// What people call a token.
package typealias TokenName = Identifier<TokenNoun>
