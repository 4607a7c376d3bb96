import Nouns
import Reports

/// What is known of the quality of a drop or a dataset.
enum QualityDocument {
    static func blocks(_ report: DataReport) -> [Block] {
        let findings = report.findings.map { finding in
            Finding(.warning, finding.message, text: finding.remedy.map { [$0] } ?? [])
        }
        return [.facts(facts(report)), .findings(findings)] + problems(report.tokens)
    }

    private static func facts(_ report: DataReport) -> [Fact] {
        let rows = report.rows.values.reduce(0, +)
        let sides = Split.allCases.map { "\(report.rows[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        let diversity = report.diversity
        let distinct = diversity.distinct.map { Quantity.number(($0 * 1000).rounded() / 1000) }
        let facts: [(String, String?)] = [
            ("measured", Quantity.time(report.at)), ("drops", report.drop == nil ? String(report.drops) : nil),
            ("rows", "\(rows): \(sides)"),
            (
                "duplicates",
                "\(report.exactDuplicates) exact, \(report.nearDuplicates.rows) near (similarity "
                    + "\(Quantity.number(report.nearDuplicates.threshold)) or more)"
            ),
            (
                "contradictory",
                "\(Quantity.counted(report.contradictions.prompts, "prompt")) with "
                    + Quantity.counted(report.contradictions.rows, "row")
            ),
            ("left out", Quantity.counts(report.removed)), ("characters", lengths(report.characters)),
            ("tokens", report.tokens.map(tokens)),
            (
                "labels",
                report.labels.isEmpty || report.labels.count > 50
                    ? nil
                    : report.labels.map { "\($0.label) \(Quantity.share($0.share))" }.joined(separator: ", ")
            ),
            (
                "words",
                "\(diversity.words), \(diversity.vocabulary) distinct; distinct-1/2/3 "
                    + distinct.joined(separator: " / ")
            ),
            (
                "clusters",
                diversity.clusters.isEmpty
                    ? nil
                    : diversity.clusters.map { Quantity.share($0.share) }.joined(separator: ", ")
                        + "; evenness \(Quantity.number(diversity.evenness))"
            ),
            ("languages", shares(report.languages, rows)), ("scripts", shares(report.scripts, rows)),
            ("repetition", report.repetition.isEmpty ? nil : shares(report.repetition, rows)),
            ("sensitive", sensitive(report)),
            (
                "gate",
                report.contamination.map {
                    "\($0.contaminated) of \(Quantity.counted($0.gateRows, "row")) "
                        + "\($0.contaminated == 1 ? "shares" : "share") 12 words with a training row"
                }
            ),
        ]
        return Fact.known(facts + drift(report) + [("enough?", report.sufficiency?.explanation)])
    }

    private static func drift(_ report: DataReport) -> [(String, String?)] {
        report.drift.map { test in
            (
                "drift",
                "\(test.what): \(test.test), p = \(Quantity.number(test.pValue)), size "
                    + "\(Quantity.number(test.effect))\(test.drifted ? ": DRIFTED" : "")"
            )
        }
    }

    private static func tokens(_ tokens: DataReport.Tokens) -> String {
        """
        \(lengths(tokens.histogram)); \(tokens.truncated) of \(tokens.rows) rows are longer than \
        \(tokens.maxLength), \(tokens.unusable) cannot be used
        """
    }

    private static func sensitive(_ report: DataReport) -> String? {
        guard !report.sensitive.isEmpty else { return nil }
        let kinds = report.sensitive.sorted { $0.key.rawValue < $1.key.rawValue }
        return kinds.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", ")
            + " (\(report.sensitiveAction ?? "allow"))"
    }

    /// Rows that are left out of training for their tokens, or whose answers the gates would cut, the first twenty;
    /// JSON has more.
    private static func problems(_ tokens: DataReport.Tokens?) -> [Block] {
        guard let problems = tokens?.problems, !problems.isEmpty else { return [] }
        let counts = tokens?.problemCounts ?? [:]
        let all = counts.isEmpty ? problems.count : counts.values.reduce(0, +)
        let shown = problems.prefix(20).map {
            "\($0.file.map { "\($0):" } ?? "line ")\($0.line) \($0.code): \($0.message) \($0.fix ?? "")"
        }
        return [
            .heading("Rows to look at for their tokens: \(Quantity.counts(counts))"),
            .findings(shown.map { Finding(.none, $0) }),
            .paragraph(
                all > shown.count ? "… \(all - shown.count) more; `--json` lists \(min(all, problems.count))." : ""),
        ]
    }

    private static func lengths(_ histogram: DataReport.Histogram) -> String {
        guard let most = histogram.counts.max(), most > 0 else { return "none" }
        let blocks = Array("▁▂▃▄▅▆▇█")
        let bars = histogram.counts.map { $0 == 0 ? " " : String(blocks[min(7, $0 * 8 / (most + 1))]) }.joined()
        return """
            mean \(Quantity.number((histogram.mean * 10).rounded() / 10)), median \(histogram.median), 95 % up to \
            \(histogram.p95), longest \(histogram.largest)  \(bars)
            """
    }

    private static func shares(_ counts: [String: Int], _ rows: Int) -> String {
        counts.isEmpty
            ? Quantity.none
            : counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
                "\($0.key) \(Quantity.share(Double($0.value) / Double(max(1, rows))))"
            }.joined(separator: ", ")
    }
}
