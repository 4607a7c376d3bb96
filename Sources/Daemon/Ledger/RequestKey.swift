/// A key by which somebody names a request, so that it is carried out once.
package struct RequestKey: Hashable, Sendable {
    /// What was asked, by digest.
    package var request: String
    /// What the names of all that it makes are made of.
    package var seed: String
    /// The first answer, once it is known.
    package var answer: String?
    /// Whether it was never used before.
    package var isNew: Bool
}
