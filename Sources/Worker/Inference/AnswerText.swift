import Tokenization

/// The text of an answer as it grows: whole characters only, and nothing that may turn out to be a stop text.
struct AnswerText {
    private var decoder: StreamingDecoder
    private let stops: [[UInt8]]
    /// Text that is not told yet, since a stop text may begin in it.
    private var held: [UInt8] = []
    /// Tokens that are not told yet, with the bytes of text before each.
    private var pending: [(start: Int, token: Token)] = []
    /// Bytes told, and bytes that the tokens so far made.
    private var told = 0
    private var made = 0
    private(set) var isStopped = false

    /// A token with what is told of it.
    typealias Token = TokenReport

    /// - Parameter showsControl: calls of tools may be marked by control tokens.
    init(_ tokenizer: Tokenizer, stops: [String], showsControl: Bool) {
        decoder = StreamingDecoder(tokenizer, skippingControl: !showsControl)
        self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
    }

    /// Takes a token; returns what can be told now.
    mutating func push(_ id: Int32, _ report: Token?) -> (text: String, tokens: [Token]) {
        if let report { pending.append((made, report)) }
        return take(Array(decoder.push(id).utf8), isLast: false)
    }

    /// What is left at the end.
    mutating func finish() -> (text: String, tokens: [Token]) {
        isStopped ? ("", []) : take(Array(decoder.finish().utf8), isLast: true)
    }

    private mutating func take(_ bytes: [UInt8], isLast: Bool) -> (text: String, tokens: [Token]) {
        held += bytes
        made += bytes.count
        var count = held.count
        if let stop = earliestStop() {
            count = stop
            isStopped = true
        } else if !isLast {
            count -= possibleStop()
        }
        let text = String(decoding: held[..<count], as: UTF8.self)
        held.removeFirst(count)
        told += count
        // A token is told with the last byte of text that it may have part in.
        let tokens = pending.prefix { isLast || $0.start < told || (held.isEmpty && !isStopped) }.map(\.token)
        pending.removeFirst(tokens.count)
        return (text, tokens)
    }

    /// Where the first stop text begins.
    private func earliestStop() -> Int? {
        var best: Int?
        for stop in stops where held.count >= stop.count {
            for start in 0...(held.count - stop.count) where start < best ?? .max {
                if held[start..<start + stop.count].elementsEqual(stop) { best = start }
            }
        }
        return best
    }

    /// How many bytes at the end may be the beginning of a stop text.
    private func possibleStop() -> Int {
        var longest = 0
        for stop in stops {
            var count = min(stop.count - 1, held.count)
            while count > longest {
                if held.suffix(count).elementsEqual(stop.prefix(count)) { longest = count }
                count -= 1
            }
        }
        return longest
    }
}
