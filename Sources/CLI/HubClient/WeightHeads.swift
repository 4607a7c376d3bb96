import Foundation
import Nouns

/// What stands in front of the weights of a file that lies elsewhere, read by ranges.
package struct WeightHeads: Sendable {
    /// Most bytes of a head: more than any tokenizer and any list of tensors take.
    private static let most = 128 << 20
    /// What is read first: the architecture stands in it.
    private static let first = 64 << 10

    let fetcher: Fetcher

    package init(_ fetcher: Fetcher) { self.fetcher = fetcher }

    /// The head of a GGUF. `architecture` is told what that is as soon as it is known, before more is read; it throws
    /// what ends the reading. Throws a Failure.
    package func gguf(_ file: RemoteFile, architecture tell: (String) throws -> Void) throws -> Data {
        var head = Data()
        var told = false
        var step = Self.first
        while true {
            let more = try fetcher.bytes(head.count..<head.count + step, of: file)
            head += more
            switch try GGUFHead.scan(head, at: Fetcher.shown(file.address)) {
            case .whole(let bytes, let architecture):
                if !told, let architecture { try tell(architecture) }
                return head.prefix(bytes)
            case .more(let architecture):
                if !told, let architecture {
                    told = true
                    try tell(architecture)
                }
            }
            guard !more.isEmpty, head.count < Self.most else { throw tooLong(file) }
            step = min(8 << 20, step * 4)
        }
    }

    /// The head of a safetensors file: the length in 8 bytes, and so many bytes of JSON.
    package func safetensors(_ file: RemoteFile) throws -> Data {
        let begin = try fetcher.bytes(0..<Self.first, of: file)
        guard begin.count >= 8 else { throw tooLong(file) }
        let length = begin.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length > 1, length < UInt64(Self.most) else { throw tooLong(file) }
        let whole = 8 + Int(length)
        if begin.count >= whole { return begin.prefix(whole) }
        return begin + (try fetcher.bytes(begin.count..<whole, of: file))
    }

    private func tooLong(_ file: RemoteFile) -> Failure {
        Failure(
            code: "hub.head", "What stands in front of the weights is damaged or too long.",
            at: Fetcher.shown(file.address), remedy: "Choose another file or revision.")
    }
}
