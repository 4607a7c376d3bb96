import Foundation
import Nouns
import TOMLKit

/// One key of a settings file: its name, kind, default, what it does, and how it is set. The list of keys drives the
/// parser, the check for unknown keys and the generated documentation, so that none of them can drift.
package struct SettingsKey<Settings: StandardSettings>: Sendable {
    /// Dotted path, such as `trigger.settle_seconds`.
    package let path: String
    /// `number`, `whole number`, `text`, `true or false`, `list of texts`, or the choices.
    package let kind: String
    package let documentation: String
    /// The default as TOML, for the documentation.
    package let fallback: String
    /// The value that settings have; nil where the key is not set and has no value of its own.
    let read: @Sendable (Settings) -> JSONValue?
    /// Sets the value; returns what was expected where it does not fit.
    let apply: @Sendable (inout Settings, any TOMLValueConvertible) -> String?

    var name: String { path.split(separator: ".").last.map(String.init) ?? path }
    var section: String { path.split(separator: ".").dropLast().joined(separator: ".") }

    static func number(
        _ path: String, _ keyPath: WritableKeyPath<Settings, Double> & Sendable, in range: ClosedRange<Double>,
        _ documentation: String
    ) -> Self {
        Self(
            path: path, kind: "number", documentation: documentation,
            fallback: RecipeValue.text(Settings.standard[keyPath: keyPath]),
            read: { .number($0[keyPath: keyPath]) }
        ) {
            settings, value in
            guard let number = value.double ?? value.int.map(Double.init), range.contains(number) else {
                return "a number from \(RecipeValue.text(range.lowerBound)) to \(RecipeValue.text(range.upperBound))"
            }
            settings[keyPath: keyPath] = number
            return nil
        }
    }

    static func optionalNumber(
        _ path: String, _ keyPath: WritableKeyPath<Settings, Double?> & Sendable, in range: ClosedRange<Double>,
        default fallback: String,
        _ documentation: String
    ) -> Self {
        Self(
            path: path, kind: "number", documentation: documentation, fallback: fallback,
            read: { $0[keyPath: keyPath].map { .number($0) } }
        ) { settings, value in
            guard let number = value.double ?? value.int.map(Double.init), range.contains(number) else {
                return "a number from \(RecipeValue.text(range.lowerBound)) to \(RecipeValue.text(range.upperBound))"
            }
            settings[keyPath: keyPath] = number
            return nil
        }
    }

    static func whole(
        _ path: String, _ keyPath: WritableKeyPath<Settings, Int> & Sendable, in range: ClosedRange<Int>,
        _ documentation: String
    ) -> Self {
        Self(
            path: path, kind: "whole number", documentation: documentation,
            fallback: "\(Settings.standard[keyPath: keyPath])",
            read: { .integer(Int64($0[keyPath: keyPath])) }
        ) {
            settings, value in
            guard let number = value.int, range.contains(number) else {
                return "a whole number from \(range.lowerBound) to \(range.upperBound)"
            }
            settings[keyPath: keyPath] = number
            return nil
        }
    }

    static func optionalWhole(
        _ path: String, _ keyPath: WritableKeyPath<Settings, Int?> & Sendable, in range: ClosedRange<Int>,
        default fallback: String,
        _ documentation: String
    ) -> Self {
        Self(
            path: path, kind: "whole number", documentation: documentation, fallback: fallback,
            read: { $0[keyPath: keyPath].map { .integer(Int64($0)) } }
        ) { settings, value in
            guard let number = value.int, range.contains(number) else {
                return "a whole number from \(range.lowerBound) to \(range.upperBound)"
            }
            settings[keyPath: keyPath] = number
            return nil
        }
    }

    static func flag(
        _ path: String, _ keyPath: WritableKeyPath<Settings, Bool> & Sendable, _ documentation: String
    ) -> Self {
        Self(
            path: path, kind: "true or false", documentation: documentation,
            fallback: "\(Settings.standard[keyPath: keyPath])",
            read: { .bool($0[keyPath: keyPath]) }
        ) {
            settings, value in
            guard let flag = value.bool else { return "true or false" }
            settings[keyPath: keyPath] = flag
            return nil
        }
    }

    static func text(
        _ path: String, default fallback: String, _ documentation: String,
        read: @escaping @Sendable (Settings) -> String?,
        _ set: @escaping @Sendable (inout Settings, String) -> String?
    ) -> Self {
        Self(
            path: path, kind: "text", documentation: documentation, fallback: fallback,
            read: { read($0).map { .string($0) } }
        ) { settings, value in
            guard let text = value.string else { return "text in quotes" }
            return set(&settings, text)
        }
    }

    static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ path: String, _ keyPath: WritableKeyPath<Settings, Choice> & Sendable, _ documentation: String
    ) -> Self where Choice.RawValue == String {
        let names = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return Self(
            path: path, kind: "one of \(names)", documentation: documentation,
            fallback: "\"\(Settings.standard[keyPath: keyPath].rawValue)\"",
            read: { .string($0[keyPath: keyPath].rawValue) }
        ) { settings, value in
            guard let choice = value.string.flatMap(Choice.init(rawValue:)) else { return "one of \(names)" }
            settings[keyPath: keyPath] = choice
            return nil
        }
    }

    static func texts(
        _ path: String, default fallback: String, _ documentation: String,
        read: @escaping @Sendable (Settings) -> [String],
        _ set: @escaping @Sendable (inout Settings, [String]) -> String?
    ) -> Self {
        Self(
            path: path, kind: "list of texts", documentation: documentation, fallback: fallback,
            read: { .array(read($0).map { .string($0) }) }
        ) { settings, value in
            guard let list = value.array.map({ $0.map { $0.string } }), !list.contains(nil) else {
                return "a list of texts"
            }
            return set(&settings, list.compactMap { $0 })
        }
    }

    static func textTable(
        _ path: String, default fallback: String, _ documentation: String,
        read: @escaping @Sendable (Settings) -> [String: String],
        _ set: @escaping @Sendable (inout Settings, [String: String]) -> String?
    ) -> Self {
        Self(
            path: path, kind: "table of texts", documentation: documentation, fallback: fallback,
            read: { settings in
                let texts = read(settings)
                return texts.isEmpty ? nil : .object(texts.mapValues { .string($0) })
            }
        ) { settings, value in
            guard let table = value.table else { return "a table of texts" }
            var texts: [String: String] = [:]
            for key in table.keys {
                guard let text = table[key]?.string else { return "a table of texts" }
                texts[key] = text
            }
            return set(&settings, texts)
        }
    }
}
