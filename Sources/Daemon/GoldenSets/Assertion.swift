import EvaluationMetrics
import Foundation
import JSONSchemas
import Nouns

/// One thing that an answer must fulfil.
package struct Assertion: Hashable, Sendable {
    /// What is asked.
    package enum Kind: Hashable, Sendable {
        /// The whole answer, white space at the ends aside.
        case exact(String)
        /// Found anywhere in the answer.
        case contains(String)
        case notContains(String)
        /// A regular expression (ICU) that matches somewhere.
        case regex(String)
        /// The answer is one JSON value that fits.
        case jsonSchema(JSONSchema)
        /// The last number in the answer lies within `tolerance` of the value.
        case number(Double, tolerance: Double)
    }

    package let kind: Kind
    package let ignoringCase: Bool

    /// Reads an assertion from a golden row, such as `{"contains": "refund", "ignore_case": true}`.
    ///
    /// Throws a Failure (`golden.assertion`) that says what is wrong with it.
    package init(_ value: JSONValue) throws {
        guard let members = value.objectValue else { throw Self.fault("an assertion is an object", value) }
        let kinds = ["exact", "contains", "not_contains", "regex", "json_schema", "number"].filter {
            members[$0] != nil
        }
        guard kinds.count == 1, let key = kinds.first, let asked = members[key] else {
            throw Self.fault(
                "an assertion has exactly one of exact, contains, not_contains, regex, json_schema and number", value)
        }
        let extra = Set(members.keys).subtracting(
            [key, "ignore_case"] + (key == "number" ? ["tolerance", "relative_tolerance"] : []))
        guard extra.isEmpty else { throw Self.fault("'\(extra.sorted()[0])' is not known beside '\(key)'", value) }
        switch members["ignore_case"] {
        case nil: ignoringCase = false
        case .bool(let flag)? where key != "number" && key != "json_schema": ignoringCase = flag
        default: throw Self.fault("'ignore_case' is true or false, beside a text", value)
        }
        func text() throws -> String {
            guard let text = asked.stringValue, key == "exact" || !text.isEmpty else {
                throw Self.fault("'\(key)' is a text", value)
            }
            return text
        }
        switch key {
        case "exact": kind = .exact(try text())
        case "contains": kind = .contains(try text())
        case "not_contains": kind = .notContains(try text())
        case "regex":
            let pattern = try text()
            guard BoundedRegex(pattern).isValid else {
                throw Self.fault(
                    "'\(Self.short(pattern))' is no regular expression of at most \(BoundedRegex.longest) characters",
                    value)
            }
            kind = .regex(pattern)
        case "json_schema": kind = .jsonSchema(try JSONSchema(asked))
        default:
            guard let number = asked.doubleValue, number.isFinite else {
                throw Self.fault("'number' is a number", value)
            }
            let absolute = members["tolerance"].map(\.doubleValue) ?? 0
            let relative = members["relative_tolerance"].map(\.doubleValue) ?? 0
            guard let absolute, let relative, absolute >= 0, relative >= 0, absolute.isFinite, relative.isFinite else {
                throw Self.fault("a tolerance is a number from 0 on", value)
            }
            kind = .number(number, tolerance: max(absolute, relative * abs(number)))
        }
    }

    private static func fault(_ message: String, _ value: JSONValue) -> Failure {
        let shown = (try? ContractCoding.encode(value)).map { String(decoding: $0.prefix(120), as: UTF8.self) } ?? ""
        return Failure(
            code: "golden.assertion", "In \(shown), \(message).",
            remedy: "Write one such as {\"contains\": \"refund\"} or {\"number\": 42, \"tolerance\": 0.5}.")
    }

    /// Why an answer does not fulfil it, in words; nil where it does.
    package func objection(to answer: String) -> String? {
        func folded(_ text: String) -> String { ignoringCase ? text.lowercased() : text }
        // By scalars: a thumb of any colour is a thumb, and \r\n holds \n.
        func holds(_ part: String) -> Bool { folded(answer).range(of: folded(part), options: .literal) != nil }
        switch kind {
        case .exact(let wanted):
            return TextMatch.exact(answer: folded(answer), reference: folded(wanted))
                ? nil : "is not exactly '\(Self.short(wanted))'"
        case .contains(let part):
            return holds(part) ? nil : "does not contain '\(Self.short(part))'"
        case .notContains(let part):
            return holds(part) ? "contains '\(Self.short(part))'" : nil
        case .regex(let pattern):
            return switch BoundedRegex(pattern, ignoringCase: ignoringCase).search(answer) {
            case .found: nil
            case .absent: "does not match '\(Self.short(pattern))'"
            case .tooLong:
                """
                takes more than \(BoundedRegex.patience) s to be matched with '\(Self.short(pattern))', which needs a \
                simpler expression
                """
            case .invalid: "cannot be matched with '\(Self.short(pattern))'"
            }
        case .jsonSchema(let schema):
            guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(answer.utf8)) else {
                return "is not JSON"
            }
            return schema.faults(of: value).first.map { "does not fit the schema: \($0)" }
        case .number(let wanted, let tolerance):
            guard let number = Self.lastNumber(answer) else { return "has no number" }
            // A little slack for decimal fractions that no binary number is equal to.
            let slack = 1e-12 * max(1, abs(wanted))
            return abs(number - wanted) <= tolerance + slack
                ? nil : "says \(number) instead of \(wanted) ± \(tolerance)"
        }
    }

    /// The last number in a text; commas between groups of three digits do not count, and the hyphen of a range, as in
    /// 10-12, is no minus.
    static func lastNumber(_ text: String) -> Double? {
        numbers(text).last
    }

    /// Every number in a text, in order.
    static func numbers(_ text: String) -> [Double] {
        let pattern = /[-+−]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|[-+−]?\.[0-9]+/
        return text.matches(of: pattern).compactMap { match in
            var spelling = match.output.replacing(",", with: "").replacing("−", with: "-")
            // A sign right behind a digit, a letter or a closing bracket is a hyphen.
            if let sign = spelling.first, sign == "-" || sign == "+", match.range.lowerBound > text.startIndex {
                let before = text[text.index(before: match.range.lowerBound)]
                if before.isLetter || before.isNumber || ")]%°".contains(before) { spelling.removeFirst() }
            }
            return Double(spelling)
        }
    }

    private static func short(_ text: String) -> String { text.count > 60 ? text.prefix(60) + "…" : text }
}
