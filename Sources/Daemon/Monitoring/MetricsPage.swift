/// docs/monitoring/metrics.md, generated from the table of metrics; a test fails where the page and the table differ.
package enum MetricsPage {
    /// The whole page as Markdown.
    package static var text: String {
        introduction
            + MetricFamily.groups.map { group in
                "\n## \(group.title)\n\n| metric | kind | labels | what it says |\n|---|---|---|---|\n"
                    + group.families.map(row).joined()
            }.joined()
    }

    private static let introduction = """
        # The metrics

        Generated from the table of metrics (`FINETUNED_REGENERATE=1 tools/test.sh MetricsPageTests` writes it \
        anew). Counters are counted in the
        daemon's process and begin at 0 with it; gauges are asked of the ledger and the machine at each scrape. Labels \
        have values of bounded sets
        alone, and a pipeline's counters are there from its first scrape on.

        """

    private static func row(_ family: MetricFamily) -> String {
        let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
        return "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(family.help) |\n"
    }
}
