import Foundation
import Nouns
import TestSupport
import Testing

@testable import RowFormats

/// Records that are read many at a time give what they would one by one.
struct ManyRecordsTests {
    /// Rows of which one in `every` has a byte that is not UTF-8; from row `utf8` on all have a character that ASCII
    /// has not.
    private func rows(_ count: Int, every: Int, utf8: Int) -> [[UInt8]] {
        (0..<count).map { number in
            let text = Array("{\"prompt\":\"question \(number)\(number >= utf8 ? " ü" : "")\",\"completion\":\"".utf8)
            return text + (number % every == every - 1 ? [0xFC] : []) + Array("answer\"}".utf8)
        }
    }

    @Test(arguments: [
        (5000, 97, 0), (5000, 97, 1), (5000, 97, 1100), (5000, 97, 2048), (5000, 97, 3333), (5000, 97, 5000),
        (40, 3, 20),
    ])
    func encodingsAreToldApartAsOneByOne(_ count: Int, _ every: Int, _ utf8: Int) throws {
        let rows = rows(count, every: every, utf8: utf8)
        let reading = try Reading(Array(rows.joined(separator: [10])))
        var reader = RowReader()
        var expected: [RowProblem] = []
        for (index, row) in rows.enumerated() {
            if case .failure(let problems) = reader.read(Record(line: index + 1, body: .json(row))) {
                expected += problems.list
            }
        }
        #expect(reading.problems == expected)
        #expect(reading.lines == (1...count).filter { $0 % every != 0 })
        let codes = Set(expected.map(\.code))
        #expect(
            codes
                == (utf8 < every
                    ? ["mixed_encoding"] : utf8 >= count ? ["invalid_utf8"] : ["invalid_utf8", "mixed_encoding"]))
    }

    @Test func whatComesBeforeAFaultIsGivenAllTheSame() throws {
        let text =
            "[" + (0..<3000).map { "{\"prompt\":\"q\($0)\",\"completion\":\"a\"}" }.joined(separator: ",") + ", {"
        let path = NSTemporaryDirectory() + "/ft-" + UUID().uuidString
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { unlink(path) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var reader = DataFileReader(name: "a.json")
        var count = 0
        #expect(throws: Failure.self) { try reader.read(descriptor, path: path) { _, _ in count += 1 } }
        #expect(count == 3000)
    }

    @Test func whatTheReceiverThrowsEndsTheReading() throws {
        struct Own: Error {}
        let path = NSTemporaryDirectory() + "/ft-" + UUID().uuidString
        try Data(String(repeating: "{\"prompt\":\"q\",\"completion\":\"a\"}\n", count: 3000).utf8).write(
            to: URL(filePath: path))
        defer { unlink(path) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var reader = DataFileReader(name: "a.jsonl")
        var count = 0
        #expect(throws: Own.self) {
            try reader.read(descriptor, path: path) { _, _ in
                count += 1
                if count == 10 { throw Own() }
            }
        }
        #expect(count == 10)
    }

    @Test func aShortAnswerIsALabelWithoutTheSpaceAroundIt() {
        func label(_ answer: String) -> String? { RowIdentity.label(.completion(prompt: "q", completion: answer)) }
        #expect(label(" \u{00A0}\tvery good\r\n\u{2003}") == "very good")
        #expect(label("ü") == "ü")
        for answer in ["", " \n", "a b c d e", "two\nlines", String(repeating: "x", count: 41)] {
            #expect(label(answer) == nil, "\(answer)")
        }
    }
}
