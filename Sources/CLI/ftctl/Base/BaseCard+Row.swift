import Foundation
import Nouns
import Reports

extension BaseCard: TableRow {
    package static var columns: [Column] {
        [
            "BASE", "ARCHITECTURE", .number("PARAMETERS"), "QUANTISATION", .number("CONTEXT"), .number("TRAINS IN"),
            "LICENCE",
        ]
    }

    package var cells: [Cell] {
        [
            Cell(id.rawValue), Cell(architecture),
            Cell(String(format: "%.0f M", Double(parameters) / 1e6), value: Double(parameters)),
            Cell(quantisation.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? Quantity.none),
            .count(contextLength), .bytes(trainingMemoryBytes), Cell(licence ?? "unknown"),
        ]
    }

    /// Everything about it.
    var document: Document {
        let tensors = quantisation.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        return Document(
            title: "Base \(id)",
            [
                .facts(
                    Fact.known(
                        [
                            ("name", name), ("architecture", "\(architecture), \(layers) layers of width \(width)"),
                            ("parameters", String(parameters)), ("tensors", Quantity.list(tensors)),
                            ("context", "\(contextLength) tokens"), ("licence", licence ?? "unknown"),
                            ("tokenizer", "\(tokenizer), \(vocabulary) tokens, \(tokenizerDigest.prefix(16))"),
                            ("chat template", chatTemplateDigest.map { String($0.prefix(16)) } ?? "none"),
                            ("ends of turn", endTokens.map { $0.isEmpty ? "none" : $0.joined(separator: " ") }),
                            ("digest", digest), ("training memory", Quantity.bytes(trainingMemoryBytes)),
                            ("origin", origin), ("fetched from", source?.summary), ("added", Quantity.time(addedAt)),
                        ] + fetched))
            ] + (remarks ?? []).map { .paragraph("! \($0)") })
    }

    /// The files as their source states them.
    private var fetched: [(String, String?)] {
        (source?.files ?? []).map { file in
            (file.name, "\(Quantity.bytes(file.bytes))\(file.identity.map { ", \($0.prefix(16))" } ?? "")")
        }
    }
}
