import Foundation
import Nouns

/// A text with places such as `{{item.reference}}` and `{{sample.output_text}}`.
///
/// `item` has the row's own fields, and `prompt`, `reference` (also `completion`), and `label`; `sample` has
/// `output_text` and
/// `output_json` with its members.
package struct GraderTemplate: Hashable, Sendable {
    private enum Piece: Hashable, Sendable {
        case text(String)
        case place([String])
    }
    private let pieces: [Piece]
    /// The most texts and places, each of which may stand for a whole answer.
    private static let most = 64
    /// The most bytes of the text that it makes: places may stand for long texts, many times over.
    package static let longest = 1 << 18

    /// Reads a template. Throws a Failure (`grader.invalid`) for a place that no record can have.
    init(_ text: String, at place: String) throws {
        var pieces: [Piece] = []
        var rest = text[...]
        while let open = rest.range(of: "{{") {
            if open.lowerBound > rest.startIndex { pieces.append(.text(String(rest[..<open.lowerBound]))) }
            rest = rest[open.upperBound...]
            guard let close = rest.range(of: "}}") else {
                throw GraderReader.fault("'{{' is not closed by '}}'.", place)
            }
            let path = rest[..<close.lowerBound].trimmingCharacters(in: .whitespaces)
            let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            let isKnown =
                parts.count >= 2 && !parts.contains("")
                && (parts[0] == "item" || parts[0] == "sample" && ["output_text", "output_json"].contains(parts[1]))
            guard isKnown else {
                throw GraderReader.fault(
                    "'{{\(path)}}' names nothing: use item.FIELD, sample.output_text or sample.output_json.FIELD.",
                    place)
            }
            pieces.append(.place(parts))
            rest = rest[close.upperBound...]
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        guard pieces.count <= Self.most else {
            throw GraderReader.fault("It has more than \(Self.most) texts and places.", place)
        }
        self.pieces = pieces
    }

    /// The text for a record; nil where it lacks something, and where it would be longer than ``longest``.
    func text(_ record: ExampleRecord) -> String? {
        var result = ""
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .place(let path):
                guard let value = Self.value(path, record) else { return nil }
                result += value
            }
            guard result.utf8.count <= Self.longest else { return nil }
        }
        return result
    }

    /// Why it has no text for a record whose only fields are `record.fields`; nil where it has one.
    func lack(_ record: ExampleRecord) -> GraderLack? {
        for piece in pieces {
            guard case .place(let path) = piece else { continue }
            if path[0] == "sample" {
                if Self.value(path, record) == nil { return .member }
            } else if record.fields?[path[1]].flatMap({ Self.shown($0, path[2...]) }) == nil {
                return .field
            }
        }
        return text(record) == nil ? .length : nil
    }

    private static func value(_ path: [String], _ record: ExampleRecord) -> String? {
        if path[0] == "sample" {
            guard let output = record.output else { return nil }
            if path[1] == "output_text" { return path.count == 2 ? output : nil }
            return (try? JSONDecoder().decode(JSONValue.self, from: Data(output.utf8))).flatMap {
                shown($0, path[2...])
            }
        }
        if let own = record.fields?[path[1]] { return shown(own, path[2...]) }
        guard path.count == 2 else { return nil }
        switch path[1] {
        case "prompt": return record.prompt
        case "reference", "completion": return record.reference
        case "label": return record.label
        default: return nil
        }
    }

    private static func shown(_ value: JSONValue, _ path: ArraySlice<String>) -> String? {
        var value = value
        for key in path {
            if let list = value.arrayValue, let index = Int(key), list.indices.contains(index) {
                value = list[index]
            } else {
                guard let next = value[key] else { return nil }
                value = next
            }
        }
        if let text = value.stringValue { return text }
        return (try? ContractCoding.encode(value)).map { String(decoding: $0, as: UTF8.self) }
    }
}
