import Nouns
import Testing

@testable import ControlClient

/// Answers in pieces of any size, sound and not.
struct SocketHTTPParserTests {
    struct Answer: Hashable {
        var status: Int?
        var body = ""
        var isWhole = false
    }

    /// Reads `text` in pieces of `size` bytes; the connection is closed after it.
    func read(_ text: String, piece size: Int = .max) throws -> Answer {
        var parser = SocketHTTPParser()
        var answer = Answer()
        var body: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while true {
            switch try parser.next() {
            case .head(let status)?: answer.status = status
            case .body(let piece)?: body += piece
            case .end?:
                answer.isWhole = true
                answer.body = String(decoding: body, as: UTF8.self)
                return answer
            case nil:
                let piece = rest.prefix(size)
                rest = rest.dropFirst(size)
                if piece.isEmpty, case .end = try parser.closed() {
                    answer.isWhole = true
                    answer.body = String(decoding: body, as: UTF8.self)
                    return answer
                }
                parser.feed(piece)
            }
        }
    }

    static let sound: [(text: String, status: Int, body: String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, ""),
        // What follows is another's.
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nhello", 200, "he"),
        ("HTTP/1.1 404\r\nCONTENT-LENGTH:\t3 \r\n\r\nno!", 404, "no!"),
        ("HTTP/1.0 200 OK\nserver: x\n\nuntil the end", 200, "until the end"),
        ("HTTP/1.1 204 No Content\r\ncontent-length: 7\r\n\r\n", 204, ""),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\na: b\r\n\r\nHTTP/1.1 304 Same\r\n\r\n", 304, ""),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n00A; x=y\r\n0123456789\r\n0\r\n\r\n", 200,
            "abc0123456789"
        ),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\nsum: 1\r\n\r\n", 200, "\n"),
    ]

    @Test(arguments: sound) func whereItIsCutDoesNotMatter(_ text: String, _ status: Int, _ body: String) throws {
        for size in 1...text.utf8.count {
            #expect(try read(text, piece: size) == Answer(status: status, body: body, isWhole: true))
        }
    }

    @Test(arguments: [
        "", "\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 +20 OK\r\n\r\n", "HTTP/1.1 20x OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno header\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    ])
    func whatIsNoAnswerIsRefused(_ text: String) {
        for size in [1, 7, Int.max] {
            #expect(failure { try read(text, piece: size) } == "client.answer")
        }
    }

    @Test(arguments: sound.indices) func anAnswerThatBreaksOffIsRefused(_ index: Int) throws {
        let text = Array(Self.sound[index].text.utf8)
        // One has three bytes more than it needs; another lasts until the connection ends, so that its head alone can
        // break off.
        let needed = [2: text.count - 3, 4: 20][index] ?? text.count
        for count in 0..<needed - 1 {
            let cut = String(decoding: text[..<count], as: UTF8.self)
            #expect(failure { try read(cut) } == "client.answer", "\(cut)")
        }
    }

    @Test func aHeadHasAnEnd() {
        let endless = "HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 20_000)
        #expect(failure { try read(endless, piece: 1000) } == "client.answer")
        #expect(failure { try read(String(repeating: "x", count: 100_000), piece: 1000) } == "client.answer")
        let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 5000)
        #expect(failure { try read(interim, piece: 1000) } == "client.answer")
        let size = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + String(repeating: "0", count: 100_000)
        #expect(failure { try read(size, piece: 1000) } == "client.answer")
    }

    /// The code of what `body` throws.
    private func failure(_ body: () throws -> Answer) -> String? {
        do { _ = try body() } catch { return (error as? Failure)?.code ?? "\(error)" }
        return nil
    }
}
