import DataQuality
import Foundation
import Nouns
import TestSupport
import Testing

@testable import Datasets

/// The files of the index of near duplicates.
struct NearSegmentTests {
    private static func sorted(_ kind: String, _ count: Int) -> [UInt32] {
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { index in
            switch kind {
            case "spread": .random(in: 0...UInt32.max, using: &random)
            case "low": .random(in: 0..<100, using: &random)
            case "high": .max - .random(in: 0..<1000, using: &random)
            default: index % 3 == 0 ? .random(in: 0...UInt32.max, using: &random) : 1 << 31
            }
        }.sorted()
    }

    @Test(arguments: ["spread", "low", "high", "heaps"], [0, 1, 2, 7, 8, 9, 100, 5000])
    func theFirstOfAKeyIsFoundWhereverItLies(_ kind: String, _ count: Int) {
        let keys = Self.sorted(kind, count)
        let probes =
            keys + [0, 1, 99, 100, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, .max - 1, .max] + Self.sorted("spread", 200)
        for key in probes {
            let expected = keys.firstIndex { $0 >= key } ?? keys.count
            #expect(NearSegment.place(of: key, keys.count) { keys[$0] } == expected, "\(key)")
        }
    }

    @Test func joinedSegmentsFindWhatEachDid() throws {
        let sandbox = try Sandbox()
        func entry(_ number: Int) -> NearSegment.Entry {
            let text =
                """
                ticket \(number): the printer on floor \(number * 7 % 90) prints page \(number * 13) upside down \
                since \(number * 31 % 60) days
                """
            return NearSegment.Entry(
                id: RowID(String(repeating: "0", count: 26) + String(format: "%06x", number)),
                split: number % 4 == 0 ? .gate : .train,
                sketch: Sketch(shingles: Shingles.hashes(NormalisedText(text))))
        }
        let parts = try (0..<5).map { part in
            let entries = (0..<200).map { entry(part * 200 + $0) }
            let path = sandbox.root + "/\(part).near"
            try NearSegment.write(entries, keys: NearSegment.sortedKeys(entries), to: path)
            return try NearSegment(path: path)
        }
        func found(_ segments: [NearSegment], _ number: Int) -> Set<String> {
            // A gate row, of which everything is kept, and another one than any in the segments.
            var asked = entry(number)
            (asked.id, asked.split) = (RowID(String(repeating: "f", count: 32)), .gate)
            var probe = NearProbe(asked, threshold: 0.8)
            for segment in segments { segment.search(&probe) }
            return Set(probe.matches.map { "\($0.row) \($0.split) \($0.similarity)" })
        }
        let path = sandbox.root + "/all.near"
        try NearSegment.merge(parts, to: path)
        let joined = try NearSegment(path: path)
        try joined.sync()
        #expect(joined.rows == 1000)
        for number in stride(from: 0, to: 1000, by: 7) {
            let each = found(parts, number)
            #expect(each.contains { $0.hasSuffix(" 1.0") }, "a row is like itself")
            #expect(found([joined], number) == each)
        }
    }
}
