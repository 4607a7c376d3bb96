import Nouns

/// Reads one HTTP/1.1 answer from bytes that come in pieces of any size.
///
/// Throws a ``Failure`` for what is no such answer. Holds no more than was fed and not yet taken.
struct SocketHTTPParser {
    /// What comes next in an answer.
    enum Event: Hashable {
        /// The final status; interim ones (1xx) are passed over.
        case head(status: Int)
        /// A piece of the body.
        case body([UInt8])
        /// The answer is whole.
        case end
    }

    /// Bytes that the head, and what follows the last chunk, may have.
    static let mostHeadBytes = 64 << 10

    private enum State {
        case status
        case headers(Headers)
        /// So many bytes of the body are still to come.
        case sized(Int)
        /// The body ends with the connection.
        case untilClosed
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailers
        case ended
    }

    private struct Headers {
        var status: Int
        var length: Int?
        var isChunked = false
    }

    private var state = State.status
    private var fed: [UInt8] = []
    private var position = 0
    private var headBytes = 0

    /// Takes what was read.
    mutating func feed(_ bytes: some Collection<UInt8>) {
        // Copies less than a line, since everything else was taken by `next`.
        fed.removeSubrange(..<position)
        position = 0
        fed.append(contentsOf: bytes)
    }

    /// What comes next; nil where more has to be fed first.
    mutating func next() throws -> Event? {
        while true {
            switch state {
            case .status:
                guard let line = try line() else { return nil }
                state = .headers(Headers(status: try Self.status(line)))
            case .headers(let headers):
                guard let line = try line() else { return nil }
                if !line.isEmpty {
                    state = .headers(try Self.adding(line, to: headers))
                } else if (100..<200).contains(headers.status) {
                    state = .status
                } else {
                    headBytes = 0
                    state = Self.body(after: headers)
                    return .head(status: headers.status)
                }
            case .sized(0): state = .ended
            case .sized(let left):
                guard let piece = piece(atMost: left) else { return nil }
                state = .sized(left - piece.count)
                return .body(piece)
            case .untilClosed: return piece(atMost: Int.max).map { .body($0) }
            case .chunkSize:
                guard let line = try line() else { return nil }
                let size = try Self.chunkSize(line)
                headBytes = 0
                state = size == 0 ? .trailers : .chunk(size)
            case .chunk(0): state = .chunkEnd
            case .chunk(let left):
                guard let piece = piece(atMost: left) else { return nil }
                state = .chunk(left - piece.count)
                return .body(piece)
            case .chunkEnd:
                guard let line = try line() else { return nil }
                guard line.isEmpty else { throw Self.malformed("a chunk is longer than its size") }
                state = .chunkSize
            case .trailers:
                guard let line = try line() else { return nil }
                if line.isEmpty { state = .ended }
            case .ended: return .end
            }
        }
    }

    /// What the end of the connection means once `next` gave nil.
    func closed() throws -> Event {
        if case .untilClosed = state { return .end }
        throw Self.malformed("the connection was closed before the answer was whole")
    }

    /// The next line without its end; nil where it is not there yet.
    private mutating func line() throws -> Substring? {
        guard let end = fed[position...].firstIndex(of: 10) else {
            try check(headBytes + fed.count - position)
            return nil
        }
        headBytes += end + 1 - position
        try check(headBytes)
        var bytes = fed[position..<end]
        position = end + 1
        if bytes.last == 13 { bytes.removeLast() }
        return Substring(decoding: bytes, as: UTF8.self)
    }

    private func check(_ headBytes: Int) throws {
        guard headBytes <= Self.mostHeadBytes else {
            throw Self.malformed("its head is longer than \(Self.mostHeadBytes) bytes")
        }
    }

    private mutating func piece(atMost most: Int) -> [UInt8]? {
        guard position < fed.count else { return nil }
        let end = position + min(most, fed.count - position)
        defer { position = end }
        return Array(fed[position..<end])
    }

    private static func status(_ line: Substring) throws -> Int {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, ["HTTP/1.1", "HTTP/1.0"].contains(words[0]), words[1].count == 3,
            let status = number(words[1], radix: 10), status >= 100
        else { throw malformed("it begins with '\(line.prefix(80))'") }
        return status
    }

    private static func adding(_ line: Substring, to headers: Headers) throws -> Headers {
        guard let colon = line.firstIndex(of: ":") else { throw malformed("'\(line.prefix(80))' is no header") }
        let value = trimmed(line[line.index(after: colon)...])
        var headers = headers
        switch line[..<colon].lowercased() {
        case "content-length":
            guard let length = number(value, radix: 10), headers.length == nil || headers.length == length else {
                throw malformed("its content-length is '\(value.prefix(80))'")
            }
            headers.length = length
        case "transfer-encoding":
            guard value.lowercased() == "chunked" else {
                throw malformed("its transfer-encoding is '\(value.prefix(80))'")
            }
            headers.isChunked = true
        default: break
        }
        return headers
    }

    private static func body(after headers: Headers) -> State {
        if headers.status == 204 || headers.status == 304 { return .ended }
        if headers.isChunked { return .chunkSize }
        return headers.length.map { .sized($0) } ?? .untilClosed
    }

    private static func chunkSize(_ line: Substring) throws -> Int {
        guard let size = number(trimmed(line.prefix { $0 != ";" }), radix: 16) else {
            throw malformed("'\(line.prefix(80))' is no size of a chunk")
        }
        return size
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    /// Of digits alone: no sign, and nothing that an Int cannot hold.
    private static func number(_ text: Substring, radix: Int) -> Int? {
        text.first?.isHexDigit == true ? Int(text, radix: radix) : nil
    }

    private static func malformed(_ reason: String) -> Failure {
        Failure(
            code: "client.answer", "The daemon's answer is no whole HTTP answer: \(reason).",
            remedy: "See whether finetuned still runs, and whether ftctl and it are of the same version.")
    }
}
