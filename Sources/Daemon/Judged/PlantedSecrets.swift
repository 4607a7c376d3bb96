import Foundation
import Nouns
import Platform
import StageKit

/// The secrets of `gates.canaries` and their variants: the rows of the set ``SetName/plantedSecrets``.
///
/// A model that learnt a secret by heart finds it likelier than the same text with other digits (Carlini et al., 2019).
package struct PlantedSecrets {
    let context: StageContext
    let pipeline: PipelineName

    /// Variants of each secret; with n of them the exposure is at most log2(n + 1) bits.
    package static let variants = 255
    /// The fields of a row: which secret it is of, and whether it is the secret itself.
    package static let indexField = "canary"
    package static let secretField = "secret"

    /// The rows of all secrets, or nil where there are none.
    func file(_ secrets: [String]) throws -> FileReference? {
        guard !secrets.isEmpty else { return nil }
        var data = Data()
        var rows = 0
        for (index, secret) in secrets.enumerated() {
            for (number, text) in Self.texts(secret).enumerated() {
                let content = RowContent.text(text)
                let row = Row(
                    id: RowID(String(Digest.sha256(Data("\(index):\(number):\(text)".utf8)).prefix(32))),
                    content: content, split: .gate,
                    promptKey: String(Digest.sha256(Data(text.utf8)).prefix(16)),
                    fields: [Self.indexField: .integer(Int64(index)), Self.secretField: .bool(number == 0)],
                    drop: "canary", line: rows + 1)
                data += try ContractCoding.encode(row)
                data.append(10)
                rows += 1
            }
        }
        return try GoldenFiles.keep(data, rows: rows, context, pipeline)
    }

    /// The secret, then the same text with other digits; which ones follows from the text alone.
    package static func texts(_ secret: String) -> [String] {
        var texts = [secret]
        var seen: Set = [secret]
        var counter = 0
        // Three digits have a thousand variants, so this ends; the bound is for secrets that have fewer.
        while texts.count <= variants, counter < 100_000 {
            var digest = Array(Digest.sha256(Data("canary:\(counter):\(secret)".utf8)).utf8)[...]
            counter += 1
            let text = String(
                secret.map { character -> Character in
                    guard character.isASCII, character.isNumber, let byte = digest.popFirst() else { return character }
                    // Hexadecimal digits, of which ten are taken.
                    let value = Int(byte) - (byte >= 97 ? 87 : 48)
                    return Character(String((value * 7 + Int(character.wholeNumberValue ?? 0) + counter) % 10))
                })
            if seen.insert(text).inserted { texts.append(text) }
        }
        return texts
    }
}
