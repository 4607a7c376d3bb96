import Foundation
import Monitoring
import TestSupport
import Testing

/// The alert rules, their cases and the dashboard of docs/monitoring.
struct MonitoringFilesTests {
    static let folder = TestSupport.repository + "/docs/monitoring/"

    @Test(arguments: ["alerts.yml", "alerts_test.yml", "dashboard.json", "README.md", "metrics.md"])
    func everyMetricThatIsUsedExists(file: String) throws {
        var known: Set<String> = []
        for family in MetricFamily.all {
            known.insert(family.name)
            guard family.kind == .histogram else { continue }
            known.formUnion(["_bucket", "_sum", "_count"].map { family.name + $0 })
        }
        let text = try String(contentsOfFile: Self.folder + file, encoding: .utf8)
        let used = Set(text.matches(of: /\bfinetuned_[a-z_]+/).map { String($0.output) })
        #expect(!used.isEmpty)
        #expect(used.subtracting(known).isEmpty)
    }

    /// A label that a metric does not have makes a rule that never fires.
    @Test(arguments: ["alerts.yml", "dashboard.json"])
    func everyLabelThatIsAskedForIsDeclared(file: String) throws {
        let text = try String(contentsOfFile: Self.folder + file, encoding: .utf8).replacing("\\\"", with: "\"")
        var count = 0
        for match in text.matches(of: /(finetuned_[a-z_]+)\{([^}]*)\}/) {
            let name = String(match.output.1).replacing(/_bucket$/, with: "")
            let family = try #require(MetricFamily.all.first { $0.name == name })
            for label in match.output.2.matches(of: /(\w+)=~?"/).map({ String($0.output.1) }) where label != "instance"
            {
                #expect(family.labels.contains(label), "\(name) has no label \(label)")
                count += 1
            }
        }
        #expect(count > 0)
    }

    @Test func theDashboardShowsEveryMetric() throws {
        let text = try String(contentsOfFile: Self.folder + "dashboard.json", encoding: .utf8)
        _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let missing = MetricFamily.all.map(\.name).filter { !text.contains($0) }
        #expect(missing.isEmpty)
    }

    @Test func everyAlertHasACase() throws {
        let rules = try String(contentsOfFile: Self.folder + "alerts.yml", encoding: .utf8)
        let cases = try String(contentsOfFile: Self.folder + "alerts_test.yml", encoding: .utf8)
        let alerts = rules.matches(of: /- alert: (\w+)/).map { String($0.output.1) }
        #expect(alerts.count > 8)
        for alert in alerts {
            // One moment at which it fires, one at which it does not.
            let moments = cases.matches(of: /alertname: (\w+)\n( +exp_alerts:)?/).filter { $0.output.1 == alert }
            #expect(moments.contains { $0.output.2 != nil }, "\(alert) is never seen to fire")
            #expect(moments.contains { $0.output.2 == nil }, "\(alert) is never seen to be silent")
        }
    }

    @Test(.enabled(if: Promtool.isThere, Promtool.absence))
    func promtoolAcceptsTheRulesAndTheirCases() async throws {
        let sandbox = try Sandbox()
        #expect(try await Promtool.complaint("check rules \(Self.folder)alerts.yml", in: sandbox) == nil)
        #expect(try await Promtool.complaint("test rules \(Self.folder)alerts_test.yml", in: sandbox) == nil)
    }
}
