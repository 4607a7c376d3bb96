import Foundation

/// Cuts a `multipart/form-data` body (RFC 7578) into its parts while it comes, in memory that does not grow with it.
///
/// It never trusts the body: every fault is a ``MultipartFault``, and the same body gives the same parts however it is
/// cut into pieces.
package struct MultipartReader: Sendable {
    /// What the body has, in its order: a part's head, its bytes in one or more pieces, its end.
    package enum Event: Hashable, Sendable {
        case begin(PartHead)
        case bytes(Data)
        case end
    }

    /// Bytes that the head of a part may have.
    package static let longestHead = 16 << 10

    private enum Place {
        /// Before the first boundary.
        case preamble
        /// Behind a boundary, before the end of its line.
        case boundary
        case head
        case content
        /// Behind the last boundary: what follows counts for nothing.
        case over
    }

    /// The end of a line and the boundary.
    private let delimiter: [UInt8]
    private var place = Place.preamble
    /// What came and is not dealt with yet. A body may begin with a boundary: the end of the line before it is put in
    /// front.
    private var pending: [UInt8] = [13, 10]

    /// - Parameter mediaType: the request's Content-Type.
    /// - Throws: ``MultipartFault/boundary``.
    package init(mediaType: String) throws {
        guard let header = HeaderParameters(mediaType[...]), header.value.lowercased() == "multipart/form-data",
            let boundary = header["boundary"], (1...70).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ (32..<127).contains($0) }), !boundary.hasSuffix(" ")
        else { throw MultipartFault.boundary }
        delimiter = Array("\r\n--\(boundary)".utf8)
    }

    /// Takes the next piece of the body and gives what it brings.
    ///
    /// Throws a ``MultipartFault``, and what `give` throws; nothing may be fed afterwards.
    package mutating func feed(_ piece: some DataProtocol, _ give: (Event) throws -> Void) throws {
        pending.append(contentsOf: piece)
        // Where reading has come to within `pending`; it is shortened once, at the end.
        var read = 0
        defer { pending.removeFirst(read) }
        while try step(&read, give) {}
    }

    /// Throws ``MultipartFault/truncated`` where the body may not end here.
    package func finish() throws {
        guard case .over = place else { throw MultipartFault.truncated }
    }

    /// Reads on by one boundary, one head or one stretch of content; returns false where more must come first.
    private mutating func step(_ read: inout Int, _ give: (Event) throws -> Void) throws -> Bool {
        switch place {
        case .over:
            read = pending.count
            return false
        case .preamble, .content: return try passContent(&read, give)
        case .boundary: return try passBoundary(&read)
        case .head: return try passHead(&read, give)
        }
    }

    private mutating func passContent(_ read: inout Int, _ give: (Event) throws -> Void) throws -> Bool {
        let (found, safe) = find(delimiter, from: read)
        // What may be the beginning of a boundary is kept back.
        let end = found ?? safe
        let isContent = if case .content = place { true } else { false }
        if isContent, end > read { try give(.bytes(Data(pending[read..<end]))) }
        read = end
        guard found != nil else { return false }
        if isContent { try give(.end) }
        read += delimiter.count
        place = .boundary
        return true
    }

    private mutating func passBoundary(_ read: inout Int) throws -> Bool {
        // Spaces may follow a boundary; a line of nothing else is no boundary's.
        var next = read
        if pending.count - read >= 2, pending[read] == 45, pending[read + 1] == 45 {
            place = .over
            return true
        }
        while next < pending.count, pending[next] == 32 || pending[next] == 9 { next += 1 }
        guard next - read <= Self.longestHead else { throw MultipartFault.delimiter }
        guard pending.count - next >= 2 else {
            if next < pending.count, pending[next] != 13, next > read || pending[next] != 45 {
                throw MultipartFault.delimiter
            }
            return false
        }
        guard pending[next] == 13, pending[next + 1] == 10 else { throw MultipartFault.delimiter }
        // The end of this line is the beginning of a head that is empty.
        read = next
        place = .head
        return true
    }

    private mutating func passHead(_ read: inout Int, _ give: (Event) throws -> Void) throws -> Bool {
        let (found, _) = find([13, 10, 13, 10], from: read)
        guard (found ?? pending.count) - read <= Self.longestHead else { throw MultipartFault.longHead }
        guard let found else { return false }
        try give(.begin(PartHead(Array(pending[min(read + 2, found)..<found]))))
        read = found + 4
        place = .content
        return true
    }

    /// Where `wanted` stands at or behind `start`; and up to where it cannot begin, whatever is still to come.
    private func find(_ wanted: [UInt8], from start: Int) -> (found: Int?, safe: Int) {
        pending.withUnsafeBytes { bytes in
            var place = start
            while place < bytes.count, let base = bytes.baseAddress {
                guard let next = memchr(base + place, 13, bytes.count - place) else { return (nil, bytes.count) }
                let at = base.distance(to: UnsafeRawPointer(next))
                let length = min(wanted.count, bytes.count - at)
                let isSame = wanted.withUnsafeBytes { wanted in
                    wanted.baseAddress.map { memcmp(base + at, $0, length) == 0 } ?? true
                }
                if isSame { return length == wanted.count ? (at, at) : (nil, at) }
                place = at + 1
            }
            return (nil, max(start, bytes.count))
        }
    }
}
