import ControlProtocol
import Foundation
import HummingbirdCore
import Nouns
import Operations

/// The token that a request shows.
enum BearerToken {
    /// The one whom the request's token stands for; nil where it shows none of ours. OpenAI's clients always send some
    /// key, also where nobody has asked for one.
    ///
    /// Throws a Failure (`token.invalid`) for one that is not (any more) known.
    static func principal(_ request: Request, _ find: (String) throws -> Principal?) throws -> Principal? {
        guard let field = request.headers[.authorization] else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let text = parts[1].trimmingCharacters(in: .whitespaces)
        guard AccessToken.isOurs(text) else { return nil }
        if let principal = try find(text) { return principal }
        throw Failure(
            code: "token.invalid", "The token is not known (any more).",
            remedy: "Have an administrator run `ftctl token add NAME --read`, --use or --admin, and send that token.")
    }
}
