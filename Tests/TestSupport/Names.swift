import Nouns

// Tests name sets and metrics by their text, as files do: a changed raw value then fails them.
extension SetName: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(value) }
}

extension MetricKey: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(value) }
}
