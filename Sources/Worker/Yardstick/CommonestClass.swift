/// The class that most rows have: what whoever never looks at a row would answer.
package enum CommonestClass {
    /// The commonest of labels, the first by name among equals; nil without labels.
    package static func of(_ labels: [String]) -> String? {
        Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +)
            .min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
    }
}
