/// Metrics in Prometheus' text format, version 0.0.4.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
package struct Exposition {
    private var values: [Meters.Series: Double] = [:]
    private var distributions: [Meters.Series: Meters.Distribution] = [:]

    /// Begins with what was counted in the process.
    package init(_ meters: Meters) { (values, distributions) = meters.read() }

    /// Sets a gauge. A value that is absent is left out, as Prometheus wants it.
    package mutating func set(_ family: MetricFamily, _ value: Double?, _ labels: String...) {
        guard let value, labels.count == family.labels.count else { return }
        values[Meters.Series(family: family, labels: labels)] = value
    }

    /// Makes a series of a counter or histogram begin at 0, so that its first rise is seen as one.
    package mutating func begin(_ family: MetricFamily, _ labels: String...) {
        let series = Meters.Series(family: family, labels: labels)
        guard labels.count == family.labels.count else { return }
        if family.kind == .histogram {
            let empty = Meters.Distribution(counts: Array(repeating: 0, count: family.buckets.count + 1))
            distributions[series] = distributions[series] ?? empty
        } else {
            values[series] = values[series] ?? 0
        }
    }

    /// The text; each metric with its help and type, its series in the order of their labels.
    package var text: String {
        let series = Dictionary(grouping: [Meters.Series](values.keys) + distributions.keys, by: \.family)
        var text = ""
        for family in MetricFamily.all {
            guard let series = series[family] else { continue }
            text += "# HELP \(family.name) \(Self.escaped(family.help, quotes: false))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for one in series.sorted(by: { $0.labels.lexicographicallyPrecedes($1.labels) }) { text += lines(one) }
        }
        return text
    }

    private func lines(_ series: Meters.Series) -> String {
        let family = series.family
        let labels = zip(family.labels, series.labels).map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
        guard let distribution = distributions[series] else {
            return Self.line(family.name, labels, values[series] ?? 0)
        }
        var text = ""
        var sum = 0
        let bounds = family.buckets.map(Self.number) + ["+Inf"]
        for (bound, count) in zip(bounds, distribution.counts) {
            sum += count
            text += Self.line(family.name + "_bucket", labels + ["le=\"\(bound)\""], Double(sum))
        }
        return text + Self.line(family.name + "_sum", labels, distribution.sum)
            + Self.line(family.name + "_count", labels, Double(sum))
    }

    private static func line(_ name: String, _ labels: [String], _ value: Double) -> String {
        name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}") + " \(number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        let text = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? text.replacing("\"", with: "\\\"") : text
    }
}
