import Foundation
import Nouns

/// The formula of a `multi` grader: numbers, graders' names, `+ - * / ^`, parentheses, and `min max abs floor ceil exp
/// sqrt log`.
package struct GraderFormula: Hashable, Sendable {
    private indirect enum Node: Hashable, Sendable {
        case number(Double)
        case name(String)
        case call(String, [Node])
    }
    private let root: Node
    /// The most characters: a sum of many terms is as deep as it is long.
    package static let longest = 1_000
    private static let functions = ["min", "max", "abs", "floor", "ceil", "exp", "sqrt", "log"]

    /// Reads a formula over `names`. Throws a Failure (`grader.invalid`).
    init(_ text: String, names: Set<String>, at place: String) throws {
        guard text.unicodeScalars.count <= Self.longest else {
            throw GraderReader.fault("The formula is longer than \(Self.longest) characters.", place)
        }
        var parser = Parser(text: Array(text), names: names, place: place)
        root = try parser.formula()
    }

    /// The value; nil for a name without a score. May be NaN or infinite.
    func value(_ scores: [String: Double]) -> Double? { Self.value(root, scores) }

    private static func value(_ node: Node, _ scores: [String: Double]) -> Double? {
        switch node {
        case .number(let number): return number
        case .name(let name): return scores[name]
        case .call(let name, let parts):
            var values: [Double] = []
            for part in parts {
                guard let value = value(part, scores) else { return nil }
                values.append(value)
            }
            guard let first = values.first, let last = values.last else { return nil }
            switch name {
            case "+": return first + last
            case "-": return values.count == 1 ? -first : first - last
            case "*": return first * last
            case "/": return first / last
            case "^": return pow(first, last)
            case "min": return values.min()
            case "max": return values.max()
            case "abs": return abs(first)
            case "floor": return first.rounded(.down)
            case "ceil": return first.rounded(.up)
            case "exp": return exp(first)
            case "sqrt": return first.squareRoot()
            default: return log(first)
            }
        }
    }

    private struct Parser {
        let text: [Character]
        let names: Set<String>
        let place: String
        var index = 0
        var depth = 0

        mutating func formula() throws -> Node {
            let node = try sum()
            skip()
            guard index == text.count else { throw fault("'\(String(text[index...].prefix(20)))' was not expected") }
            return node
        }

        private mutating func sum() throws -> Node {
            var left = try product()
            while let sign = take(["+", "-"]) { left = .call(sign, [left, try product()]) }
            return left
        }

        private mutating func product() throws -> Node {
            var left = try power()
            while let sign = take(["*", "/"]) { left = .call(sign, [left, try power()]) }
            return left
        }

        private mutating func power() throws -> Node {
            depth += 1
            defer { depth -= 1 }
            guard depth < 60 else { throw fault("it is nested too deeply") }
            if take(["-"]) != nil { return .call("-", [try power()]) }
            let base = try atom()
            return take(["^"]) != nil ? .call("^", [base, try power()]) : base
        }

        private mutating func atom() throws -> Node {
            skip()
            guard index < text.count else { throw fault("it ends too early") }
            if take(["("]) != nil {
                let inner = try sum()
                guard take([")"]) != nil else { throw fault("a ')' is missing") }
                return inner
            }
            let word = String(text[index...].prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
            guard !word.isEmpty else { throw fault("'\(text[index])' was not expected") }
            index += word.count
            if let number = Double(word) { return .number(number) }
            if names.contains(word) { return .name(word) }
            guard GraderFormula.functions.contains(word), take(["("]) != nil else {
                throw fault("'\(word)' is neither a grader (\(names.sorted().joined(separator: ", "))) nor a function")
            }
            var parts = [try sum()]
            while take([","]) != nil { parts.append(try sum()) }
            guard take([")"]) != nil else { throw fault("a ')' is missing") }
            guard parts.count == 1 || ["min", "max"].contains(word) else { throw fault("'\(word)' takes one value") }
            return .call(word, parts)
        }

        private mutating func skip() { while index < text.count, text[index].isWhitespace { index += 1 } }

        private mutating func take(_ signs: [Character]) -> String? {
            skip()
            guard index < text.count, signs.contains(text[index]) else { return nil }
            index += 1
            return String(text[index - 1])
        }

        private func fault(_ message: String) -> Failure {
            GraderReader.fault("The formula '\(String(text.prefix(80)))' cannot be read: \(message).", place)
        }
    }
}
