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

        var metadata: [String: String] {
            ["rows": rows, "tokenizer": tokenizer, "template": template, "length": length]
        }

        private static func digest(_ text: String) -> String { Digest.sha256(Data(text.utf8)) }
    }

    /// Writes `sequences` to `path`, whole or not at all. Throws a FileFailure.
    package static func write(_ sequences: [TokenSequence], origin: Origin, to path: String) throws {
        let weights = sequences.map { sequence in
            var weights = sequence.weights
            if !weights.isEmpty { weights[0] = 0 }
            return weights
        }
        try NumberFile.write(
            [
                ("ids", .int32(sequences.flatMap(\.ids))), ("weights", .float32(weights.flatMap(\.self))),
                ("rows", .int64(NumberFile.bounds(sequences.map(\.ids.count)))),
            ], metadata: origin.metadata, to: path)
    }

    /// Reads what ``write(_:origin:to:)`` wrote. Throws a Failure (`dataset.damaged`) that names the file.
    package static func read(_ reference: FileReference) throws -> [TokenSequence] {
        let file = try NumberFile(reference)
        let (ids, weights) = (try file.int32("ids"), try file.float32("weights"))
        guard ids.count == weights.count else {
            throw file.damaged("it has \(ids.count) ids and \(weights.count) weights")
        }
        return try file.ranges("rows", over: ids.count).map {
            TokenSequence(ids: Array(ids[$0]), weights: Array(weights[$0]))
        }
    }
}
