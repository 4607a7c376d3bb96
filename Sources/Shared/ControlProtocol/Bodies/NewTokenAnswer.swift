/// A token that was just made; nothing shows it again.
package struct NewTokenAnswer: Codable, Hashable, Sendable {
    package var token: String
    package var summary: TokenSummary
    package init(token: String, summary: TokenSummary) {
        self.token = token
        self.summary = summary
    }
}
