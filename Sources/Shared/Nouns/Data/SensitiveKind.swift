/// What counts as personal data or a secret in a row.
package enum SensitiveKind: String, Codable, Hashable, Sendable, CaseIterable, CodingKeyRepresentable {
    /// A key or token of a service, or a private key.
    case secret
    case iban
    /// A payment card's number, by its check digit.
    case card
    case email
    /// An address that is routed on the public internet.
    case ip
    case phone
}
