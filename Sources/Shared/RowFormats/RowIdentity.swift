import Foundation
import JSONText
import Nouns
import Platform

/// What makes a row the same row, and which side it is on: pure functions of its content.
package enum RowIdentity {
    /// First 32 hexadecimal digits of the SHA-256 of the canonical content.
    package static func id(_ content: RowContent) throws -> RowID {
        RowID(digest(try CanonicalJSON.content(content), digits: 32))
    }

    /// Key of the normalised prompt: what a person would call the same question. Case, white space and Unicode's
    /// compatibility forms do not count.
    package static func promptKey(_ content: RowContent) -> String { key(prompt(content)) }

    /// Key of a prompt that is one question, in the other shape that it may come in: as a text, or as a conversation of
    /// one turn; nil for every other.
    package static func otherPromptKey(_ content: RowContent) -> String? {
        let turns: ArraySlice<Message>
        switch content {
        case .completion(let prompt, _):
            let turn = Message(role: "user", content: prompt)
            return promptKey(.preference(prompt: [turn], chosen: [], rejected: []))
        case .preference(let prompt, _, _): turns = prompt[...]
        case .chat(let messages, _):
            turns = messages[..<(messages.lastIndex { $0.role == "assistant" } ?? messages.endIndex)]
        case .text: return nil
        }
        guard let turn = turns.first, turns.count == 1, turn.role == "user" else { return nil }
        return promptKey(.completion(prompt: turn.content, completion: ""))
    }

    /// First 16 hexadecimal digits of the SHA-256 of the normalised text.
    package static func key(_ text: String) -> String { digest(Array(normalised(text).utf8), digits: 16) }

    /// The side of the rows with this key (or group), for ever: a hash decides, so that a row never changes sides as
    /// data grows.
    package static func split(_ key: String, validation: Double, gate: Double) -> Split {
        let hash = SHA256.hash(Array("split:\(key)".utf8)).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let place = Double(hash) / 4_294_967_296
        if place < gate { return .gate }
        return place < gate + validation ? .validation : .train
    }

    /// The class that a short answer names, or nil where the answer is no class.
    package static func label(_ content: RowContent) -> String? {
        guard case .completion(_, let completion) = content else { return nil }
        let scalars = completion.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return nil }
        let text = Substring(scalars[first...last])
        guard text.utf8.count <= 40, !text.contains(where: \.isNewline), text.split(separator: " ").count <= 4 else {
            return nil
        }
        return String(text)
    }

    /// What is asked, as text.
    package static func prompt(_ content: RowContent) -> String {
        switch content {
        case .completion(let prompt, _): prompt
        case .text(let text): text
        case .preference(let prompt, _, _): prompt.map { "\($0.role): \($0.content)" }.joined(separator: "\n")
        case .chat(let messages, _):
            // Everything before the last answer.
            messages[..<(messages.lastIndex { $0.role == "assistant" } ?? messages.endIndex)].map {
                "\($0.role): \($0.content)"
            }
            .joined(separator: "\n")
        }
    }

    /// The text as far as it counts for being the same question.
    package static func normalised(_ text: String) -> String {
        var text = text
        if let short = text.withUTF8({ normalisedASCII($0) }) { return short }
        return text.precomposedStringWithCompatibilityMapping.lowercased().split(whereSeparator: \.isWhitespace).joined(
            separator: " ")
    }

    /// The same for ASCII, which is most of the data and needs no tables; nil for other text.
    private static func normalisedASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var isGap = false
        for byte in bytes {
            switch byte {
            case 9...13, 32: isGap = true
            case 128...: return nil
            default:
                if isGap, !result.isEmpty { result.append(32) }
                isGap = false
                result.append((65...90).contains(byte) ? byte | 32 : byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func digest(_ bytes: [UInt8], digits: Int) -> String {
        Digest.hex(SHA256.hash(bytes).prefix(digits / 2))
    }
}
