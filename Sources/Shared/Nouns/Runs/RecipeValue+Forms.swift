/// How a row of the table is made from the property of the recipe that it stands for.
extension RecipeValue {
    static func number(
        _ name: String, _ path: WritableKeyPath<Recipe, Double> & Sendable, _ range: ClosedRange<Double>,
        _ reach: Reach, unit: String? = nil, canBeFound: Bool = false, _ about: String, source: String = ""
    ) -> RecipeValue {
        RecipeValue(
            name, .number(range), reach: reach, unit: unit, absence: nil, canBeFound: canBeFound, about: about,
            source: source, read: { .number($0[keyPath: path]) },
            write: { recipe, value in if let number = value.doubleValue { recipe[keyPath: path] = number } })
    }

    static func optionalNumber(
        _ name: String, _ path: WritableKeyPath<Recipe, Double?> & Sendable, _ range: ClosedRange<Double>,
        _ reach: Reach, absence: String, canBeFound: Bool, _ about: String, source: String = ""
    ) -> RecipeValue {
        RecipeValue(
            name, .number(range), reach: reach, unit: nil, absence: absence, canBeFound: canBeFound, about: about,
            source: source, read: { $0[keyPath: path].map { .number($0) } ?? .null },
            write: { $0[keyPath: path] = $1.doubleValue })
    }

    static func whole(
        _ name: String, _ path: WritableKeyPath<Recipe, Int> & Sendable, _ range: ClosedRange<Int>, _ reach: Reach,
        unit: String? = nil, _ about: String, source: String = ""
    ) -> RecipeValue {
        RecipeValue(
            name, .whole(range), reach: reach, unit: unit, absence: nil, canBeFound: false, about: about,
            source: source, read: { .integer(Int64($0[keyPath: path])) },
            write: { recipe, value in if let number = whole(value) { recipe[keyPath: path] = number } })
    }

    static func optionalWhole(
        _ name: String, _ path: WritableKeyPath<Recipe, Int?> & Sendable, _ range: ClosedRange<Int>, _ reach: Reach,
        unit: String, absence: String, _ about: String, source: String = ""
    ) -> RecipeValue {
        RecipeValue(
            name, .whole(range), reach: reach, unit: unit, absence: absence, canBeFound: false, about: about,
            source: source, read: { $0[keyPath: path].map { .integer(Int64($0)) } ?? .null },
            write: { $0[keyPath: path] = whole($1) })
    }

    static func flag(
        _ name: String, _ path: WritableKeyPath<Recipe, Bool> & Sendable, _ reach: Reach, _ about: String,
        source: String = ""
    ) -> RecipeValue {
        RecipeValue(
            name, .flag, reach: reach, unit: nil, absence: nil, canBeFound: false, about: about, source: source,
            read: { .bool($0[keyPath: path]) },
            write: { recipe, value in if case .bool(let flag) = value { recipe[keyPath: path] = flag } })
    }

    static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ path: WritableKeyPath<Recipe, Choice> & Sendable, _ reach: Reach, _ about: String,
        source: String = ""
    ) -> RecipeValue where Choice.RawValue == String {
        RecipeValue(
            name, .choice(Choice.allCases.map(\.rawValue)), reach: reach, unit: nil, absence: nil, canBeFound: false,
            about: about, source: source, read: { .string($0[keyPath: path].rawValue) },
            write: { recipe, value in
                if let choice = value.stringValue.flatMap(Choice.init(rawValue:)) { recipe[keyPath: path] = choice }
            })
    }

    static func text(
        _ name: String, _ path: WritableKeyPath<Recipe, String?> & Sendable, _ form: Form, _ reach: Reach,
        absence: String, _ about: String, source: String = ""
    ) -> RecipeValue {
        RecipeValue(
            name, form, reach: reach, unit: nil, absence: absence, canBeFound: false, about: about, source: source,
            read: { $0[keyPath: path].map { .string($0) } ?? .null }, write: { $0[keyPath: path] = $1.stringValue })
    }

    static func some(
        _ name: String, _ path: WritableKeyPath<Recipe, [String]> & Sendable, of texts: [String], _ reach: Reach,
        _ about: String, source: String = ""
    ) -> RecipeValue {
        RecipeValue(
            name, .some(texts), reach: reach, unit: nil, absence: nil, canBeFound: false, about: about,
            source: source, read: { .array($0[keyPath: path].map { .string($0) }) },
            write: { recipe, value in
                recipe[keyPath: path] = (value.arrayValue ?? []).compactMap(\.stringValue)
            })
    }
}
