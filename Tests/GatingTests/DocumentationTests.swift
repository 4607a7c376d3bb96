import EvaluationMetrics
import Foundation
import Testing

/// docs/gates.md lists the metrics that there are.
@Suite struct DocumentationTests {
    @Test func theTableOfMetricsIsThatOfTheRegistry() throws {
        let page = try String(contentsOfFile: TestFiles.gates, encoding: .utf8)
        for metric in MetricRegistry.all {
            let row = "| `\(metric.key)` | \(metric.direction.rawValue) | \(metric.about) |"
            #expect(page.contains(row), "docs/gates.md lacks: \(row)")
        }
        #expect(page.components(separatedBy: "\n| `").count - 1 == MetricRegistry.all.count)
    }
}

private enum TestFiles {
    static let gates = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/gates.md").path
}
