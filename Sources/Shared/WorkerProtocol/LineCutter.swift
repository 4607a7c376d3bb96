/// Cuts bytes that come in pieces into lines, in bounded memory.
package struct LineCutter: Sendable {
    private let longest: Int
    private var pending: [UInt8] = []
    /// Whether the line that has begun is longer than a line may be; nothing of it is kept.
    package private(set) var isTooLong = false

    /// - Parameter longest: bytes that a line may have.
    package init(longest: Int) { self.longest = longest }

    /// Takes the next bytes; gives `body` each line that is whole now, without its end, or nil for one that was too
    /// long. Stops where `body` gives false; what comes after is lost then.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer, _ body: ([UInt8]?) -> Bool) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 10) {
            keep(rest[..<end])
            let goesOn = body(isTooLong ? nil : pending)
            pending.removeAll(keepingCapacity: true)
            isTooLong = false
            guard goesOn else { return }
            rest = rest[(end + 1)...]
        }
        keep(rest)
    }

    private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>) {
        isTooLong = isTooLong || pending.count + bytes.count > longest
        if isTooLong { pending.removeAll() } else { pending.append(contentsOf: bytes) }
    }
}
