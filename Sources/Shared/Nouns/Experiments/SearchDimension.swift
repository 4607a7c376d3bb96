/// One thing that an experiment varies: a key of the recipe (`learning_rate`, `rank`, …) or `base`, and the values it
/// may take.
package struct SearchDimension: Codable, Hashable, Sendable {
    /// The shapes that a dimension can have, named as in the settings.
    package enum Kind: Codable, Hashable, Sendable {
        /// One of these values.
        case choice([JSONValue])
        /// Any number between the two.
        case uniform(Double, Double)
        /// Any positive number between the two, equally likely in every decade.
        case logUniform(Double, Double)
        /// Any whole number between the two, both included.
        case int(Int, Int)
    }

    /// A key of ``Recipe/searchable``, or `base`.
    package var name: String
    package var kind: Kind

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}
