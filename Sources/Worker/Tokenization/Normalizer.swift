/// One step of text normalisation before pre-tokenizing, in the order of the definition.
package enum Normalizer: Sendable, Equatable {
    /// Puts a text in front of every piece that is not empty.
    case prepend(String)
    /// Replaces every occurrence of a literal text.
    case replace(String, with: String)
    /// Canonical composition.
    case nfc
    /// Canonical decomposition.
    case nfd
    /// Compatibility composition.
    case nfkc
    /// Compatibility decomposition.
    case nfkd
    /// Lower case of every character, without language rules.
    case lowercase
}
