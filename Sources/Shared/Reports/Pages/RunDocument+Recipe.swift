import Nouns

extension RunDocument {
    /// The values of a recipe that are not as usual, besides those that are always shown; nil where all are.
    static func settings(of recipe: Recipe) -> String? {
        let shown: Set = ["method", "rank", "alpha", "learning_rate", "epochs", "batch_rows"]
        let other = RecipeTable.all.filter { !shown.contains($0.name) && $0.read(recipe) != $0.read(Recipe()) }
        return other.isEmpty ? nil : other.map { "\($0.name) \(text($0.read(recipe)))" }.joined(separator: ", ")
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .number(let number): Quantity.rate(number)
        case .integer(let number): String(number)
        case .bool(let flag): String(flag)
        case .string(let text): text
        case .array(let list): list.map(text).joined(separator: " ")
        default: Quantity.none
        }
    }
}
