/// One metric that Prometheus reads, declared once: what is written, what is documented and what the alerts may use are
/// views of it.
package struct MetricFamily: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case counter, gauge, histogram }

    /// The whole name, such as `finetuned_runs`.
    package let name: String
    package let kind: Kind
    /// What it says, in one sentence.
    package let help: String
    /// The names of its labels in the order in which their values are given.
    package let labels: [String]
    /// Upper bounds of a histogram's buckets, rising; `+Inf` is not among them.
    package let buckets: [Double]

    private init(_ name: String, _ kind: Kind, _ help: String, _ labels: [String], _ buckets: [Double] = []) {
        (self.name, self.kind, self.help) = ("finetuned_" + name, kind, help)
        (self.labels, self.buckets) = (labels, buckets)
    }

    static func counter(_ name: String, by labels: [String] = [], _ help: String) -> MetricFamily {
        MetricFamily(name, .counter, help, labels)
    }

    static func gauge(_ name: String, by labels: [String] = [], _ help: String) -> MetricFamily {
        MetricFamily(name, .gauge, help, labels)
    }

    static func histogram(_ name: String, by labels: [String] = [], buckets: [Double], _ help: String) -> MetricFamily {
        MetricFamily(name, .histogram, help, labels, buckets)
    }
}
