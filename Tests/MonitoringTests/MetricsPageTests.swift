import Foundation
import Monitoring
import TestSupport
import Testing

/// The table of metrics: whole, named as Prometheus wants it, and documented.
struct MetricsPageTests {
    @Test func thePageSaysWhatTheTableSays() throws {
        let path = TestSupport.repository + "/docs/monitoring/metrics.md"
        if Golden.isRewriting { try MetricsPage.text.write(toFile: path, atomically: true, encoding: .utf8) }
        let page = try String(contentsOfFile: path, encoding: .utf8)
        #expect(page == MetricsPage.text, "\(path) is out of date: FINETUNED_REGENERATE=1 make test writes it anew")
    }

    /// One that no group has would be counted and never written.
    @Test func everyMetricThatIsDeclaredIsInAGroup() throws {
        let source = try String(
            contentsOfFile: TestSupport.repository + "/Sources/Daemon/Monitoring/MetricFamily+Table.swift",
            encoding: .utf8)
        let declared = source.matches(of: /static let \w+ = (?:counter|gauge|histogram)\(\s*"(\w+)"/)
            .map { "finetuned_" + $0.output.1 }
        #expect(declared.count > 30)
        #expect(declared.sorted() == MetricFamily.all.map(\.name).sorted())
    }

    @Test(arguments: MetricFamily.all)
    func namesFollowPrometheusRules(family: MetricFamily) {
        #expect(family.name.wholeMatch(of: /finetuned_[a-z][a-z_]*[a-z]/) != nil)
        #expect((family.kind == .counter) == family.name.hasSuffix("_total"))
        #expect((family.kind == .histogram) == !family.buckets.isEmpty)
        #expect(family.buckets == family.buckets.sorted())
        #expect(family.labels.allSatisfy { $0.wholeMatch(of: /[a-z]+/) != nil && $0 != "le" })
        #expect(family.help.hasSuffix(".") && family.help.first?.isUppercase == true)
        // What would have another unit is a share of 1, seconds or bytes.
        for unit in ["milli", "minutes", "percent", "mega", "kilo"] { #expect(!family.name.contains(unit)) }
    }

    @Test func namesAreThereOnce() {
        #expect(Set(MetricFamily.all.map(\.name)).count == MetricFamily.all.count)
    }
}
