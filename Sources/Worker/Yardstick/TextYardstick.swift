import Foundation

/// The linear model on n-grams: fitted to texts with their classes, asked of others.
package struct TextYardstick: Sendable {
    /// A text that was learnt from, as numbers.
    package typealias Learnt = TextFeatures.Counts
    /// Numbers that the weights of all classes may be, together.
    private static let mostWeights = 1 << 24
    /// Little regularisation, since n-grams are many and each says little; scikit-learn's users take 10 to 100.
    private static let strength = 20.0

    private let features: TextFeatures
    private let vectors: TextVectors
    private let classifier: LinearClassifier
    private let names: [String]

    /// What n-grams are counted as where there are so many classes.
    package static func features(classes: Int) -> TextFeatures {
        var bits = 20
        while bits > 10, (1 << bits) * max(1, classes) > mostWeights { bits -= 1 }
        return TextFeatures(bits: bits)
    }

    /// - Parameters:
    ///   - texts: what was counted by `features`.
    ///   - labels: the class of each.
    ///   - interruption: what it throws ends the fit.
    package init(
        _ texts: [Learnt], labels: [String], _ features: TextFeatures, interruption: () throws -> Void
    ) rethrows {
        let names = Set(labels).sorted()
        let numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let vectors = TextVectors(texts, features)
        classifier = try LinearClassifier(
            texts.map(vectors.vector), classes: labels.map { numbers[$0] ?? 0 }, of: names.count,
            places: features.count, strength: Self.strength, interruption: interruption)
        (self.features, self.vectors, self.names) = (features, vectors, names)
    }

    /// The class of a text; nil where nothing was learnt.
    package func label(_ text: String) -> String? {
        names.isEmpty ? nil : names[classifier.prediction(vectors.vector(features.counts(text)))]
    }
}
