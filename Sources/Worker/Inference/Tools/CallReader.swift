import Foundation
import Nouns
import WorkerProtocol

/// Tells the calls of tools in an answer from its text, as it grows. What only looks like a call comes back as text.
struct CallReader {
    private let form: CallForm
    /// Names that may be called.
    private let names: Set<String>
    /// What the text of a call begins with, without white space around it.
    private let mark: [UInt8]
    private var held: [UInt8] = []
    private(set) var count = 0

    init(_ form: CallForm, names: Set<String>) {
        self.form = form
        self.names = names
        mark = Array(form.before.trimmingCharacters(in: .whitespacesAndNewlines).utf8)
    }

    /// A call, or a piece of text.
    enum Piece: Hashable {
        case text(String)
        case call(name: String, arguments: String)
    }

    /// Takes text; returns what is certain.
    mutating func push(_ text: String) -> [Piece] { read(Array(text.utf8), isLast: false) }

    /// What is left at the end.
    mutating func finish() -> [Piece] { read([], isLast: true) }

    private mutating func read(_ bytes: [UInt8], isLast: Bool) -> [Piece] {
        held += bytes
        var pieces: [Piece] = []
        while !held.isEmpty {
            guard let start = beginning() else {
                if !isLast { break }
                pieces.append(.text(take(held.count)))
                break
            }
            if start > 0 {
                let text = take(start)
                // White space between calls is the template's.
                let isGap = count > 0 && text.allSatisfy(\.isWhitespace)
                if !isGap { pieces.append(.text(text)) }
                continue
            }
            switch call(isLast: isLast) {
            case .whole(let name, let arguments, let length):
                _ = take(length)
                count += 1
                pieces.append(.call(name: name, arguments: arguments))
            case .unfinished:
                if isLast { pieces.append(.text(take(held.count))) }
                return pieces
            case .none: pieces.append(.text(take(mark.isEmpty ? held.count : mark.count)))
            }
        }
        return pieces
    }

    private mutating func take(_ count: Int) -> String {
        defer { held.removeFirst(count) }
        return String(decoding: held[..<count], as: UTF8.self)
    }

    /// Where a call begins or may begin; the end of what is certainly text where none does. Nil: not to be told yet.
    private func beginning() -> Int? {
        guard !mark.isEmpty else { return 0 }
        for start in held.indices {
            let rest = held[start...]
            if rest.count >= mark.count {
                if rest.starts(with: mark) { return start }
            } else if mark.starts(with: rest) {
                return start > 0 ? start : nil
            }
        }
        return held.count
    }

    private enum Reading {
        case whole(name: String, arguments: String, length: Int)
        case unfinished
        case none
    }

    /// A call at the beginning of what is held.
    private func call(isLast: Bool) -> Reading {
        var place = mark.count
        func skipSpace() { while place < held.count, [0x20, 0x0A, 0x0D, 0x09].contains(held[place]) { place += 1 } }
        /// Nil: it does not fit; false: more is needed.
        func skip(_ text: String) -> Bool? {
            for byte in text.utf8 where ![0x20, 0x0A, 0x0D, 0x09].contains(byte) {
                skipSpace()
                guard place < held.count else { return false }
                guard held[place] == byte else { return nil }
                place += 1
            }
            return true
        }
        skipSpace()
        let stop = form.between.utf8.first { ![0x20, 0x0A, 0x0D, 0x09].contains($0) } ?? UInt8(ascii: "{")
        guard let end = held[place...].firstIndex(of: stop) else {
            let name = String(decoding: held[place...], as: UTF8.self)
            return names.contains { $0.hasPrefix(name.trimmingCharacters(in: .whitespacesAndNewlines)) }
                ? .unfinished : .none
        }
        let name = String(decoding: held[place..<end], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard names.contains(name) else { return .none }
        place = end
        switch skip(form.between) {
        case nil: return .none
        case false?: return .unfinished
        default: break
        }
        skipSpace()
        guard place < held.count else { return .unfinished }
        guard held[place] == UInt8(ascii: "{") else { return .none }
        guard let length = CallForm.objectLength(held[place...]) else { return .unfinished }
        let arguments = Data(held[place..<place + length])
        guard (try? ContractCoding.decode(JSONValue.self, from: arguments))?.objectValue != nil else { return .none }
        place += length
        switch skip(form.after) {
        case nil: return .none
        // An answer may end with its last call, before what the template closes it with.
        case false?: if !isLast { return .unfinished }
        default: break
        }
        return .whole(
            name: name, arguments: String(decoding: arguments, as: UTF8.self), length: min(place, held.count))
    }
}
