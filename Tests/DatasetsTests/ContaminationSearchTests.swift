import DataQuality
import Foundation
import JSONText
import Nouns
import TestSupport
import Testing

@testable import Datasets

/// What training rows have of gate rows is found, however many runs of words are held at a time.
struct ContaminationSearchTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Texts made of sentences, some of which gate and training rows share; one of them is everywhere, and tells
    /// nothing.
    private func texts(_ side: Split, _ count: Int) -> [String] {
        var random = SystemRandomNumberGenerator()
        func sentence(_ number: Int) -> String { (0..<16).map { "w\(number * 16 + $0)" }.joined(separator: " ") }
        return (0..<count).map { index in
            let own = sentence((side == .gate ? 1_000_000 : 2_000_000) + index)
            let shared = index % 3 == 0 ? sentence(.random(in: 0..<150, using: &random)) : "short"
            return "\(own) \(index % 2 == 0 ? sentence(999) : "") \(shared)"
        } + ["too short to tell"]
    }

    private func file(_ side: Split, _ texts: [String]) throws -> String {
        var lines: [UInt8] = []
        for (index, text) in texts.enumerated() {
            lines += try CanonicalJSON.line(
                Row(
                    id: RowID("\(side.rawValue)-\(index)"), content: .text(text), split: side, promptKey: "k",
                    drop: "d", line: index + 1))
        }
        let path = sandbox.root + "/\(side.rawValue).jsonl"
        try Data(lines).write(to: URL(filePath: path))
        return path
    }

    /// The same by sets, row by row.
    private func expected(_ gate: [String], _ train: [String]) -> Set<Int> {
        func runs(_ text: String) -> Set<[Substring]> {
            let words = text.split(separator: " ")
            return words.count < 12 ? [] : Set((0...words.count - 12).map { Array(words[$0..<$0 + 12]) })
        }
        var rows: [[Substring]: Int] = [:]
        for text in train { for run in runs(text) { rows[run, default: 0] += 1 } }
        return Set(gate.indices.filter { runs(gate[$0]).contains { (1...10).contains(rows[$0] ?? 0) } })
    }

    @Test(arguments: [1, 100, 1000, 1 << 20]) func everyPassFindsItsPart(_ most: Int) throws {
        let (gate, train) = (texts(.gate, 300), texts(.train, 900))
        let search = ContaminationSearch(gate: [try file(.gate, gate)], train: [try file(.train, train)], most: most)
        let found = try search.run()
        let expected = expected(gate, train)
        #expect(expected.count > 20)
        #expect(found.contaminated == expected.count)
        #expect(found.gateRows == 301 && found.longGateRows == 300)
        #expect(found.examples.count == 20)
        let whole = try ContaminationSearch(gate: search.gate, train: search.train).run()
        #expect(found == whole, "in parts as at once")
        for pair in found.examples {
            #expect(
                expected.contains(Int(pair.row.rawValue.dropFirst(5)) ?? -1) && pair.other.rawValue.hasPrefix("train-"))
        }
    }

    @Test func withoutGateRowsNothingIsFound() throws {
        let search = ContaminationSearch(gate: [], train: [try file(.train, texts(.train, 10))])
        #expect(try search.run() == DataReport.Contamination())
    }

    @Test func aCancelledTaskEndsIt() async throws {
        let path = try file(.train, texts(.train, 10))
        let search = Task {
            while !Task.isCancelled { await Task.yield() }
            return try ContaminationSearch(gate: [path], train: [path]).run()
        }
        search.cancel()
        await #expect(throws: CancellationError.self) { try await search.value }
    }
}
