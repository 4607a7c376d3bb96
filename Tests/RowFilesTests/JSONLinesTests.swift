import Compression
import Foundation
import JSONText
import Nouns
import TestSupport
import Testing

@testable import RowFiles

struct JSONLinesTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    func file(_ bytes: some Sequence<UInt8>) throws -> String {
        let path = sandbox.layout.root + "/\(UUID().uuidString).jsonl"
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }

    func lines(_ path: String, limit: Int = .max) throws -> [String] {
        var lines: [String] = []
        try JSONLines.read(path) { line, number in
            lines.append("\(number):\(String(decoding: line, as: UTF8.self))")
            return lines.count < limit
        }
        return lines
    }

    @Test func plainAndCompressedFilesGiveTheSameLines() throws {
        // Lines of many lengths, so that some end just where a piece of the stream does.
        let text =
            (0..<4000).map { String(repeating: "x", count: ($0 * 7919) % 400) }.joined(separator: "\n") + "\nlast"
        let plain = try lines(try file(text.utf8))
        #expect(plain == (try lines(try file(try Zstd.compress(Array(text.utf8))))))
        #expect(
            plain.last == "4001:last" && plain.first == "2:" + String(repeating: "x", count: 319),
            "empty lines count, and are not given")
    }

    @Test func whoHasEnoughStopsEarly() throws {
        let path = try file("a\nb\nc".utf8)
        #expect(try lines(path, limit: 2) == ["1:a", "2:b"])
        #expect(try lines(try file("".utf8)) == [])
    }

    @Test func damageIsNamed() throws {
        let whole = try Zstd.compress(Array(repeating: UInt8(ascii: "a"), count: 100_000) + [10])
        for bytes in [Array(whole.dropLast(6)), Array(whole.prefix(12)) + Array(repeating: 0xFF, count: 40)] {
            let path = try file(bytes)
            let failure = #expect(throws: Failure.self) { try lines(path) }
            #expect(failure?.code == "dataset.damaged" && failure?.place == path)
        }
        let path = try file("{\"a\":1}\n".utf8)
        let failure = #expect(throws: Failure.self) { try RowFile.read(path) { _ in } }
        #expect(failure?.place == path + ":1")
    }

    @Test func whatTheReaderThrowsIsItsOwn() throws {
        struct Own: Error {}
        for bytes in [Array("a\nb\n".utf8), try Zstd.compress(Array("a\nb\n".utf8))] {
            let path = try file(bytes)
            #expect(throws: Own.self) { try JSONLines.read(path) { _, _ in throw Own() } }
        }
    }

    @Test func measurementsAreWrittenAsTheContractHasThem() throws {
        let measurements = [
            RowMeasurement(row: "r", drop: "d", line: 3, tokens: 12, labels: 4, truncated: 1),
            RowMeasurement(
                row: "r", drop: "d", line: 4, file: "a \"b\".jsonl", problem: "it \\ begins\nlate", obstacle: .tooLong),
        ]
        var bytes: [UInt8] = []
        for measurement in measurements { MeasurementLine.append(measurement, to: &bytes) }
        let expected = try measurements.map { String(decoding: try ContractCoding.encode($0), as: UTF8.self) + "\n" }
            .joined()
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
        var read: [RowMeasurement] = []
        try JSONLines.read(try file(bytes)) { line, _ in
            read.append(try MeasurementLine.measurement(line))
            return true
        }
        #expect(read == measurements)
    }
}

/// Rows that all cores make of lines are those that one makes.
struct LineBatchTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func file(_ rows: Int, damaged: Int? = nil) throws -> String {
        var text: [UInt8] = []
        for number in 0..<rows {
            let row = Row(
                id: RowID(String(number)),
                content: .completion(prompt: "q\(number)", completion: String(repeating: "a", count: number % 700)),
                split: .train,
                promptKey: "k", drop: "d", line: number + 1)
            text += number == damaged ? Array("{\"id\":\n".utf8) : try CanonicalJSON.line(row)
        }
        let path = sandbox.layout.root + "/rows.jsonl"
        try Data(text).write(to: URL(filePath: path))
        return path
    }

    @Test(arguments: [0, 1, 100, 5000]) func theOrderIsThatOfTheFile(_ count: Int) throws {
        let path = try file(count)
        var one: [Row] = []
        var many: [Row] = []
        try RowFile.read(path) { one.append($0) }
        try RowFile.readParallel(path, atOnce: 300) {
            #expect(!$0.isEmpty && $0.count <= 300)
            many += $0
        }
        #expect(one.count == count)
        #expect(many == one)
    }

    @Test func aDamagedRowIsNamed() throws {
        let path = try file(2000, damaged: 1234)
        let failure = #expect(throws: Failure.self) { try RowFile.readParallel(path) { _ in } }
        #expect(
            failure?.code == "dataset.damaged" && failure?.place == path + ":1235", "\(String(describing: failure))")
    }
}
