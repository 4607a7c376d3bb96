import Foundation
import Nouns

/// How long the head of a GGUF file is: what stands in front of its weights. Nothing in it is believed but its form.
///
/// Source: ggml `docs/gguf.md`.
package struct GGUFHead {
    /// What the beginning of a file says.
    package enum Scan: Hashable, Sendable {
        /// More is needed; the architecture, where it has come.
        case more(architecture: String?)
        /// The head has so many bytes.
        case whole(bytes: Int, architecture: String?)
    }

    private struct Short: Error {}

    private let bytes: Data
    private let place: String
    private var position = 0

    private init(_ bytes: Data, _ place: String) {
        self.bytes = bytes
        self.place = place
    }

    /// Reads what there is. Throws a Failure (`hub.gguf`) where it is no GGUF.
    package static func scan(_ bytes: Data, at place: String) throws -> Scan {
        var head = GGUFHead(bytes, place)
        var architecture: String?
        do {
            try head.walk(&architecture)
            return .whole(bytes: head.position, architecture: architecture)
        } catch is Short { return .more(architecture: architecture) }
    }

    private mutating func walk(_ architecture: inout String?) throws {
        guard try take(4).elementsEqual("GGUF".utf8) else { throw fault("it does not begin with GGUF") }
        let version = try number(4)
        guard version == 2 || version == 3 else { throw fault("its version is \(version)") }
        let (tensors, values) = (try number(8), try number(8))
        guard tensors < 1 << 24, values < 1 << 20 else { throw fault("it has \(tensors) tensors and \(values) keys") }
        for _ in 0..<values {
            let key = try text()
            let type = try number(4)
            if key == "general.architecture", type == 8 {
                architecture = try text()
            } else {
                try skip(type, depth: 0)
            }
        }
        for _ in 0..<tensors {
            _ = try text()
            let dimensions = try number(4)
            guard dimensions <= 8 else { throw fault("a tensor has \(dimensions) dimensions") }
            _ = try take(8 * dimensions + 4 + 8)
        }
    }

    private mutating func skip(_ type: Int, depth: Int) throws {
        switch type {
        case 0, 1, 7: _ = try take(1)
        case 2, 3: _ = try take(2)
        case 4, 5, 6: _ = try take(4)
        case 10, 11, 12: _ = try take(8)
        case 8: _ = try text()
        case 9:
            guard depth < 4 else { throw fault("its arrays lie in one another") }
            let (inner, count) = (try number(4), try number(8))
            guard count < 1 << 30 else { throw fault("an array has \(count) values") }
            if let width = [0: 1, 1: 1, 7: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 10: 8, 11: 8, 12: 8][inner] {
                _ = try take(width * count)
            } else {
                for _ in 0..<count { try skip(inner, depth: depth + 1) }
            }
        default: throw fault("a value is of type \(type)")
        }
    }

    private mutating func text() throws -> String {
        let count = try number(8)
        guard count < 1 << 28 else { throw fault("a text has \(count) bytes") }
        return String(decoding: try take(count), as: UTF8.self)
    }

    private mutating func number(_ width: Int) throws -> Int {
        let value = try take(width).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw fault("a count is \(value)") }
        return number
    }

    private mutating func take(_ count: Int) throws -> Data {
        guard position + count <= bytes.count else { throw Short() }
        defer { position += count }
        return bytes[bytes.startIndex + position..<bytes.startIndex + position + count]
    }

    private func fault(_ what: String) -> Failure {
        Failure(
            code: "hub.gguf", "This is no GGUF file that can be read: \(what).", at: place,
            remedy: "Choose another file.")
    }
}
