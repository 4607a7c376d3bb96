import Foundation
import Nouns
import Platform
import Transformers

/// Rows as engines without a tokenizer take them: one safetensors file a set.
///
/// `ids` [N] (I32) holds the tokens of all sequences one after another, `weights` [N] (F32) the loss weight of each as
/// a target (0: not learnt; always 0 for the first of a sequence), and `rows` [R + 1] (I64) where each sequence begins
/// and the last one ends. The metadata say what the tokens were made of.
package enum TokenFile {
    /// What tokens depend on, as hexadecimal digests beside the length.
    package struct Origin: Hashable, Sendable {
        package var rows: String
        package var tokenizer: String
        package var template: String
        package var length: String

        /// - Parameters:
        ///   - files: the rows.
        ///   - text: what encodes them.
        ///   - length: the longest sequence in tokens.
        package init(files: [FileReference], text: TokenizerFile, maximumLength length: Int, cut: Bool) {
            rows = Self.digest(files.map(\.sha256).joined(separator: "\n"))
            let tokenizer = text.tokenizer
            let names = (0..<tokenizer.vocabularySize).map { tokenizer.name(of: Int32($0)) ?? "" }
            self.tokenizer = Self.digest(names.joined(separator: "\n"))
            template = Self.digest(text.definition.chatTemplate ?? "")
            self.length = "\(length) \(cut ? "cut" : "whole")"
        }

        private static func digest(_ text: String) -> String { Digest.sha256(Data(text.utf8)) }
    }

    /// Writes `sequences` to `path`, whole or not at all. Throws a FileFailure.
    package static func write(_ sequences: [TokenSequence], origin: Origin, to path: String) throws {
        let count = sequences.reduce(0) { $0 + $1.ids.count }
        let sizes = [4 * count, 4 * count, 8 * (sequences.count + 1)]
        var entries: [String: Entry] = [:]
        var from = 0
        for (index, part) in [("ids", "I32", count), ("weights", "F32", count), ("rows", "I64", sequences.count + 1)]
            .enumerated()
        {
            entries[part.0] = Entry(dtype: part.1, shape: [part.2], dataOffsets: [from, from + sizes[index]])
            from += sizes[index]
        }
        let header = Header(
            metadata: [
                "rows": origin.rows, "tokenizer": origin.tokenizer, "template": origin.template,
                "length": origin.length,
            ], entries: entries)
        var head = try ContractCoding.encode(header)
        head += Data(repeating: 0x20, count: (8 - head.count % 8) % 8)
        var data = withUnsafeBytes(of: UInt64(head.count).littleEndian) { Data($0) } + head
        data.reserveCapacity(data.count + from)
        for sequence in sequences { sequence.ids.withUnsafeBytes { data.append(contentsOf: $0) } }
        for sequence in sequences {
            var weights = sequence.weights
            if !weights.isEmpty { weights[0] = 0 }
            weights.withUnsafeBytes { data.append(contentsOf: $0) }
        }
        var end: Int64 = 0
        for length in [0] + sequences.map(\.ids.count) {
            end += Int64(length)
            withUnsafeBytes(of: end.littleEndian) { data.append(contentsOf: $0) }
        }
        try AtomicFile.write(data, to: path)
    }

    private struct Entry: Encodable {
        var dtype: String
        var shape: [Int]
        var dataOffsets: [Int]
        private enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }
    }

    private struct Header: Encodable {
        var metadata: [String: String]
        var entries: [String: Entry]

        private struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(_ text: String) { stringValue = text }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        func encode(to encoder: any Encoder) throws {
            var box = encoder.container(keyedBy: Key.self)
            try box.encode(metadata, forKey: Key("__metadata__"))
            for (name, entry) in entries { try box.encode(entry, forKey: Key(name)) }
        }
    }
}
