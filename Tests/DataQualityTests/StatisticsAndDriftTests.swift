import DataQuality
import Foundation
import Nouns
import Testing

struct StatisticsAndDriftTests {
    static let topics = [
        ["invoice", "payment", "refund", "charge", "card", "bank", "euro", "bill"],
        ["screen", "crash", "driver", "reboot", "kernel", "update", "error", "boot"],
        ["parcel", "courier", "address", "delivery", "late", "tracking", "street", "box"],
    ]

    /// Texts about a topic, the same for the same numbers.
    func texts(_ range: Range<Int>, topic: Int? = nil, words: Int = 12) -> [(String, String)] {
        range.map { index in
            let topic = topic ?? index % 3
            let list = Self.topics[topic]
            let text = (0..<(words + index % 5)).map { list[(index * 31 + $0 * 17 + $0 * $0 * index) % list.count] }
                .joined(separator: " ")
            return ("ticket \(index): \(text)", ["billing", "technical", "shipping"][topic])
        }
    }

    func statistics(_ texts: [(String, String)], offset: Int = 0) -> DataStatistics {
        var statistics = DataStatistics(drops: 1)
        for (index, (text, label)) in texts.enumerated() {
            statistics.add(
                RowID("r\(index + offset)"), split: index.isMultiple(of: 5) ? .gate : .train, label: label,
                RowLook(text))
        }
        return statistics
    }

    /// A part that is told what the whole has already keeps no row that the whole would not.
    @Test func aBoundChangesNoSample() {
        let all = texts(0..<3000)
        let whole = statistics(all)
        var parts = DataStatistics(drops: 1)
        for start in stride(from: 0, to: 3000, by: 500) {
            var part = DataStatistics()
            let bound = parts.sample.bound
            for (index, (text, label)) in all[start..<start + 500].enumerated() {
                part.add(RowID("r\(start + index)"), split: .train, label: label, RowLook(text), sampledBelow: bound)
            }
            if start > 0 { #expect(part.sample.entries.count < RowSample.capacity) }
            parts.merge(part)
        }
        #expect(parts.sample == whole.sample)
    }

    @Test func partsAddUpToTheWhole() throws {
        let all = texts(0..<900)
        let whole = statistics(all)
        var parts = statistics(Array(all[..<300]))
        parts.merge(statistics(Array(all[300..<305]), offset: 300))
        parts.merge(statistics(Array(all[305...]), offset: 305))
        #expect(parts.drops == 3)
        var (a, b) = (
            DataReport(pipeline: "p", at: Date(timeIntervalSince1970: 0), drops: 1),
            DataReport(pipeline: "p", at: Date(timeIntervalSince1970: 0), drops: 1)
        )
        whole.fill(&a)
        parts.fill(&b)
        b.drops = 1
        #expect(a == b)
        #expect(a.rows.values.reduce(0, +) == 900 && a.labels.map(\.rows) == [300, 300, 300])
        #expect(
            abs(a.diversity.vocabulary - 925) < 40,
            "24 topic words, one word and 900 numbers: \(a.diversity.vocabulary)")
        #expect(a.languages.values.reduce(0, +) == 900 && a.scripts == ["latin": 900])
        let again = try ContractCoding.decode(DataStatistics.self, from: try ContractCoding.encode(parts))
        #expect(again == parts)
        #expect(try ContractCoding.decode(DataReport.self, from: try ContractCoding.encode(a)) == a)
    }

    @Test func topicsAreClusters() {
        var report = DataReport(pipeline: "p", at: Date(), drops: 1)
        statistics(texts(0..<300)).fill(&report)
        #expect(
            (2...8).contains(report.diversity.clusters.count)
                && report.diversity.clusters.map(\.rows).reduce(0, +) == 300)
        #expect((report.diversity.evenness ?? 0) > 0.7)
        var narrow = DataReport(pipeline: "p", at: Date(), drops: 1)
        statistics(texts(0..<10)).fill(&narrow)
        #expect(narrow.diversity.clusters.isEmpty)
    }

    @Test func aDropLikeTheDatasetDoesNotDrift() {
        let dataset = statistics(texts(0..<600))
        for start in stride(from: 1000, to: 1600, by: 120) {
            let tests = Drift.tests(statistics(texts(start..<(start + 120)), offset: start), against: dataset)
            #expect(tests.map(\.what) == ["length", "labels", "vocabulary"])
            #expect(!tests.contains { $0.drifted }, "\(tests)")
        }
    }

    @Test func aDropUnlikeItDoes() {
        let dataset = statistics(texts(0..<600))
        let other = Drift.tests(statistics(texts(1000..<1100, topic: 1, words: 30), offset: 1000), against: dataset)
        for test in other { #expect(test.drifted && test.pValue <= 0.001, "\(test)") }
        #expect(Drift.tests(statistics(texts(0..<19)), against: dataset).isEmpty, "of few rows nothing is said")
    }

    @Test func lengthsAreCountedToAboutAnEighth() {
        var counts = LengthCounts()
        for length in 1...10_000 { counts.add(length) }
        let histogram = counts.histogram
        #expect(histogram.counts.reduce(0, +) == 10_000 && histogram.bounds.count == histogram.counts.count)
        #expect(abs(Double(histogram.median) / 5000 - 1) < 0.25 && abs(Double(histogram.p95) / 9500 - 1) < 0.25)
        #expect(histogram.mean == 5000.5 && histogram.largest == 10_000)
        #expect(LengthCounts().histogram.counts.isEmpty)
    }

    @Test func sufficiencyIsToldByTheCurveOrByPlainRules() {
        var report = DataReport(pipeline: "p", at: Date(), drops: 1)
        report.rows = [.train: 400]
        let curve = Sufficiency.of(report, points: [50, 100, 200, 400].map { ($0, 0.5 + 8 / Double($0).squareRoot()) })
        #expect(curve.basis == "learning curve" && curve.points == 4)
        #expect(
            abs((curve.expectedLoss ?? 0) - 0.9) < 0.01
                && abs((curve.expectedLossDoubled ?? 0) - (0.5 + 8 / 800.0.squareRoot())) < 0.01)
        #expect(Sufficiency.of(report, points: [(400, 1)]).basis == "plain rules")
        for (rows, words) in [(9, "fewer than the 10"), (49, "enough to begin"), (50, "enough for clear improvements")]
        {
            report.rows = [.train: rows]
            #expect(Sufficiency.of(report, points: []).explanation.contains(words))
        }
    }
}
