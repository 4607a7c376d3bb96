/// How much work and memory a tokenizer's own files may ask for. They come from elsewhere, and a few lines of them
/// could make an hour's work of every text.
///
/// Each bound is far above what published models need.
enum TokenizerBounds {
    /// The most merges; the largest vocabularies that are published have half a million.
    static let merges = 1 << 21
    /// The most times as long as it was that the replacements, one after the other, may make a text. SentencePiece's
    /// mark makes a space three times as long.
    static let growth = 32
    /// The most bytes of a text that normalisation puts in front, or looks for.
    static let pattern = 1024
    /// The most bytes of an added token, which is looked for at every place of a text.
    static let addedToken = 4096
    /// The most bytes that are looked at for the merges that scores imply: the squares of the pieces' lengths, summed.
    static let splits = 1 << 32

    /// Refuses what is beyond them, with the place at fault.
    static func check(_ definition: TokenizerDefinition) throws {
        func refuse(_ location: String, _ problem: String) -> TokenizerFailure {
            TokenizerFailure(
                source: definition.source, location: location, problem: problem,
                remedy: "Fetch the tokenizer's files again from a source that you trust")
        }
        if case .pairs(let pairs) = definition.merges, pairs.count > merges {
            throw refuse("merges[\(merges)]", "\(pairs.count) merges are more than \(merges)")
        }
        if case .scores = definition.merges { try checkSplits(definition, refuse) }
        try checkGrowth(definition.normalizers, refuse)
        for (index, token) in definition.addedTokens.enumerated() where token.content.utf8.count > addedToken {
            throw refuse(
                "added_tokens[\(index)]", "\(token.content.utf8.count) bytes are more than \(addedToken) for a token")
        }
    }

    private static func checkSplits(
        _ definition: TokenizerDefinition, _ refuse: (String, String) -> TokenizerFailure
    ) throws {
        var total = 0
        for (id, token) in definition.tokens.enumerated() {
            let length = token.utf8.count
            let (square, isBeyond) = length.multipliedReportingOverflow(by: length)
            guard !isBeyond, square <= splits, total + square <= splits else {
                throw refuse(
                    "tokens[\(id)]", "the pieces up to this one, which has \(length) bytes, are too long to be split")
            }
            total += square
        }
    }

    private static func checkGrowth(
        _ normalizers: [Normalizer], _ refuse: (String, String) -> TokenizerFailure
    ) throws {
        var growth = 1.0
        for (index, step) in normalizers.enumerated() {
            let place = normalizers.count == 1 ? "normalizer" : "normalizer.normalizers[\(index)]"
            switch step {
            case .prepend(let text):
                guard text.utf8.count <= pattern else {
                    throw refuse(place, "the \(text.utf8.count) bytes that it puts in front are more than \(pattern)")
                }
            case .replace(let old, let new):
                guard old.utf8.count <= pattern else {
                    throw refuse(place, "the \(old.utf8.count) bytes that it looks for are more than \(pattern)")
                }
                growth *= max(1, Double(new.utf8.count) / Double(max(1, old.utf8.count)))
            case .nfc, .nfd, .nfkc, .nfkd, .lowercase: break
            }
            guard growth <= Double(Self.growth) else {
                throw refuse(place, "with it, a text can become more than \(Self.growth) times as long as it was")
            }
        }
    }
}
