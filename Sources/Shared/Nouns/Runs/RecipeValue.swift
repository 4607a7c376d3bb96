/// One value of a recipe, declared once: the settings' key, the search's dimension, the worker's check and the pages of
/// documentation are views of it.
package struct RecipeValue: Sendable {
    /// What a value may be.
    package enum Form: Hashable, Sendable {
        /// A number within a range, its ends included.
        case number(ClosedRange<Double>)
        /// A whole number within a range, its ends included.
        case whole(ClosedRange<Int>)
        case flag
        /// One of these texts.
        case choice([String])
        /// One or more of these texts.
        case some([String])
        /// An absolute path.
        case path
        /// A day, such as `2027-01-15`.
        case day
    }

    /// Who may set a value.
    package enum Reach: Hashable, Sendable {
        /// Nobody: it is the same in every run.
        case fixed
        /// The pipeline's settings.
        case settings
        /// The pipeline's settings and an experiment's search.
        case search
    }

    /// The name in settings, searches and failures, such as `learning_rate`.
    package let name: String
    package let form: Form
    package let reach: Reach
    /// What it is counted in, such as `rows`; nil for a plain number, a text or a flag.
    package let unit: String?
    /// What the absence of a value stands for, such as `all`; nil where there always is one.
    package let absence: String?
    /// Whether the settings take `"auto"`, which is then their default: the product finds the value.
    package let canBeFound: Bool
    /// What it does, in a sentence.
    package let about: String
    /// Where the default comes from.
    package let source: String

    /// The value in a recipe; `null` where it is absent.
    package let read: @Sendable (Recipe) -> JSONValue
    private let write: @Sendable (inout Recipe, JSONValue) -> Void

    init(
        _ name: String, _ form: Form, reach: Reach, unit: String?, absence: String?, canBeFound: Bool, about: String,
        source: String, read: @escaping @Sendable (Recipe) -> JSONValue,
        write: @escaping @Sendable (inout Recipe, JSONValue) -> Void
    ) {
        self.name = name
        self.form = form
        self.reach = reach
        self.unit = unit
        self.absence = absence
        self.canBeFound = canBeFound
        self.about = about
        self.source = source
        self.read = read
        self.write = write
    }
}

extension RecipeValue {
    /// What a value must be, in words: `a number from 0 to 0.95`.
    package var expectation: String {
        switch form {
        case .number(let range): "a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
        case .whole(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .flag: "true or false"
        case .choice(let texts): "one of " + texts.map { "\"\($0)\"" }.joined(separator: ", ")
        case .some(let texts): "a list of " + texts.joined(separator: ", ")
        case .path: "an absolute path"
        case .day: "a day such as \"2027-01-15\""
        }
    }

    /// Whether a value is what it must be. NaN is in no range.
    package func accepts(_ value: JSONValue) -> Bool {
        switch form {
        case .number(let range): value.doubleValue.map { range.contains($0) } ?? false
        case .whole(let range): Self.whole(value).map { range.contains($0) } ?? false
        case .flag: if case .bool = value { true } else { false }
        case .choice(let texts): value.stringValue.map { texts.contains($0) } ?? false
        case .some(let texts):
            value.arrayValue.map { list in
                !list.isEmpty && list.allSatisfy { $0.stringValue.map { texts.contains($0) } ?? false }
            } ?? false
        case .path: value.stringValue?.hasPrefix("/") ?? false
        case .day: value.stringValue.map { TemplateDay.seconds($0) != nil } ?? false
        }
    }

    /// Sets the value in a recipe; returns what it must be where it does not fit.
    package func set(_ value: JSONValue, in recipe: inout Recipe) -> String? {
        guard accepts(value) else { return expectation }
        write(&recipe, value)
        return nil
    }

    /// Takes the value out of a recipe, where one can be absent.
    package func remove(from recipe: inout Recipe) {
        if absence != nil { write(&recipe, .null) }
    }

    /// What is wrong with the value in a recipe; nil where nothing is.
    package func problem(in recipe: Recipe) -> Failure? {
        let value = read(recipe)
        if value == .null || accepts(value) { return nil }
        return Failure(
            code: "recipe.\(name)", "The recipe's \(name) is \(Self.shown(value)), which is not \(expectation).",
            at: "recipe.\(name)", remedy: "Set it to \(expectation) in the pipeline's recipe.")
    }

    /// The default, as in ``Recipe``: what its absence stands for where it is absent.
    ///
    /// - Parameter quoted: whether texts stand in quotes, as in TOML.
    package func defaultText(quoted: Bool = false) -> String {
        switch read(Recipe()) {
        case .number(let number): Self.text(number)
        case .integer(let number): String(number)
        case .bool(let flag): String(flag)
        case .string(let text): quoted ? "\"\(text)\"" : text
        case .array(let list):
            if case .some(let texts) = form, texts == list.compactMap(\.stringValue) {
                "all"
            } else {
                list.compactMap(\.stringValue).joined(separator: ", ")
            }
        default: absence ?? ""
        }
    }

    /// Puts a number that lies outside its range at the range's nearer end.
    func keepInRange(_ recipe: inout Recipe) {
        switch (form, read(recipe)) {
        case (.number(let range), .number(let number)) where !number.isNaN:
            write(&recipe, .number(min(max(number, range.lowerBound), range.upperBound)))
        case (.whole(let range), .integer(let number)):
            write(&recipe, .integer(min(max(number, Int64(range.lowerBound)), Int64(range.upperBound))))
        default: break
        }
    }

    /// The number of a whole value, also of one that is written as `8.0`.
    static func whole(_ value: JSONValue) -> Int? {
        switch value {
        case .integer(let number): Int(exactly: number)
        case .number(let number): Int(exactly: number)
        default: nil
        }
    }

    /// A number as a person writes it: `1000000`, `0.95`, `1e-09`.
    package static func text(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
    }

    private static func shown(_ value: JSONValue) -> String {
        switch value {
        case .number(let number): String(number)
        case .integer(let number): String(number)
        case .string(let text): "\"\(text)\""
        case .array(let list): "[" + list.map(shown).joined(separator: ", ") + "]"
        case .bool(let flag): String(flag)
        default: "null"
        }
    }
}
