import ControlProtocol
import Foundation
import Nouns

/// Answers about data as text.
enum DataText {
    static func listing(_ listing: DataListing) -> String {
        let drops = Terminal.table(
            ["DROP", "FILE", "STATE", "RECEIVED", "TRAIN", "VALIDATION", "GATE", "KNOWN", "BAD", "KEPT OUT"],
            listing.drops.map { entry in
                [
                    entry.drop.id.rawValue, name(entry.drop), entry.drop.state.rawValue,
                    Terminal.time(entry.drop.receivedAt), count(entry.rows, .train),
                    count(entry.rows, .validation), count(entry.rows, .gate), String(entry.drop.rowsDuplicate),
                    String(entry.drop.rowsRejected), reasons(entry.removed),
                ]
            })
        let snapshots = Terminal.table(
            ["SNAPSHOT", "MADE", "TRAIN", "VALIDATION", "GATE", "KEPT OUT", "RUNS", "VERSIONS"],
            listing.snapshots.map { entry in
                [
                    entry.snapshot.id.rawValue, Terminal.time(entry.snapshot.createdAt),
                    count(entry.snapshot.rows, .train), count(entry.snapshot.rows, .validation),
                    count(entry.snapshot.rows, .gate), reasons(entry.snapshot.removed), list(entry.runs),
                    list(entry.versions),
                ]
            })
        return
            """
            \(listing.pipeline): \(count(listing.rows, .train)) rows to train, \
            \(count(listing.rows, .validation)) validation, \(count(listing.rows, .gate)) gate; kept out: \
            \(reasons(listing.removed))\n\n\(drops)\n\n\(snapshots)
            """
    }

    static func subject(_ subject: DataSubject) -> String {
        var lines: [String] = []
        if let entry = subject.drop {
            lines.append(
                """
                \(entry.drop.id): \(name(entry.drop)), \(Terminal.bytes(entry.drop.bytes)), \
                \(entry.drop.state.rawValue), received \(Terminal.time(entry.drop.receivedAt))
                """
            )
            if let note = entry.drop.note { lines.append(note) }
        }
        if let report = subject.report { lines.append(self.report(report)) }
        if let entry = subject.snapshot {
            let snapshot = entry.snapshot
            lines.append("\(snapshot.id) of \(snapshot.pipeline), made \(Terminal.time(snapshot.createdAt))")
            for split in Split.allCases {
                lines.append(
                    """
                    \(split.rawValue): \(count(snapshot.rows, split)) rows in \
                    \(snapshot.files[split]?.count ?? 0) files
                    """
                )
            }
            lines.append("kept out: \(reasons(snapshot.removed))")
            lines.append("drops: \(list(snapshot.drops))")
            lines.append("runs: \(list(entry.runs))")
            lines.append("versions: \(list(entry.versions))")
        }
        return lines.joined(separator: "\n")
    }

    static func difference(_ difference: SnapshotDifference) -> String {
        let rows = Split.allCases.map {
            [$0.rawValue, count(difference.shared, $0), count(difference.a.rows, $0), count(difference.b.rows, $0)]
        }
        var lines = [
            Terminal.table(["", "BOTH", "ONLY \(difference.a.snapshot)", "ONLY \(difference.b.snapshot)"], rows)
        ]
        for side in [difference.a, difference.b] {
            if !side.drops.isEmpty { lines.append("only in \(side.snapshot): drops \(list(side.drops))") }
            for split in Split.allCases {
                guard let examples = side.examples[split], !examples.isEmpty else { continue }
                let more = (side.rows[split] ?? 0) > 3 ? ", …" : ""
                lines.append("only in \(side.snapshot), \(split.rawValue): \(list(Array(examples.prefix(3))))\(more)")
            }
        }
        return lines.joined(separator: "\n")
    }

    static func lineage(_ lineage: DataLineage) -> String {
        var rows = lineage.places.map {
            [
                "from",
                "\($0.drop) line \($0.line)\($0.split.map { ", \($0.rawValue)" } ?? ", known already")\($0.state == .revoked ? ", revoked" : "")",
            ]
        }
        rows += lineage.setAside.map {
            [
                "kept out",
                "\($0.reason.rawValue)\($0.other.map { " like \($0)" } ?? "")\($0.score.map { String(format: " (%.2f)", $0) } ?? "")",
            ]
        }
        rows += lineage.drops.map { ["drop", $0.rawValue] }
        rows += lineage.snapshots.map {
            ["snapshot", "\($0.snapshot) (\($0.splits.map(\.rawValue).joined(separator: ", ")))"]
        }
        rows += lineage.runs.map { ["run", $0.rawValue] }
        rows += lineage.versions.map { ["version", $0.rawValue] }
        return Terminal.table([lineage.kind, lineage.subject], rows)
    }

    static func revoked(_ answer: RevokeAnswer) -> String {
        var lines = [
            """
            Revoked \(answer.drop): \(answer.rowsWithdrawn) rows withdrawn, \(answer.rowsKept) kept since other \
            drops have them.
            """
        ]
        if answer.erasedBytes > 0 { lines.append("\(Terminal.bytes(answer.erasedBytes)) erased.") }
        if !answer.cancelled.isEmpty { lines.append("Cancelled: \(list(answer.cancelled)).") }
        if answer.versions.isEmpty {
            lines.append("No version was trained on them.")
        } else {
            lines.append("Versions trained on them: \(list(answer.versions)).")
            if let served = answer.served {
                lines.append("\(served) is served now: `ftctl run PIPELINE --mode from-base` makes one without them.")
            }
        }
        return lines.joined(separator: "\n")
    }

    static func removed(_ rows: [SetAsideRow]) -> String {
        Terminal.table(
            ["DROP", "LINE", "ROW", "REASON", "LIKE", "SIMILARITY"],
            rows.map {
                [
                    $0.drop.rawValue, String($0.line), $0.id.rawValue, $0.reason.rawValue, $0.other?.rawValue ?? "–",
                    Terminal.number($0.score),
                ]
            })
    }

    // MARK: - The report

    static func report(_ report: DataReport) -> String {
        let rows = report.rows.values.reduce(0, +)
        var lines = [
            "\(report.drop.map { "drop \($0) of \(report.pipeline)" } ?? "\(report.pipeline): \(report.drops) drops"), \(Terminal.time(report.at))",
            """
            rows          \(rows): \(count(report.rows, .train)) train, \(count(report.rows, .validation)) \
            validation, \(count(report.rows, .gate)) gate
            """,
            """
            duplicates    \(report.exactDuplicates) exact, \(report.nearDuplicates.rows) near (similarity \
            \(Terminal.number(report.nearDuplicates.threshold)) or more)
            """,
            "contradictory \(report.contradictions.prompts) prompts with \(report.contradictions.rows) rows",
            "kept out      \(reasons(report.removed))",
            "characters    \(lengths(report.characters))",
        ]
        if let tokens = report.tokens {
            lines.append(
                """
                tokens        \(lengths(tokens.histogram)); \(tokens.truncated) of \(tokens.rows) rows longer \
                than \(tokens.maxLength), \(tokens.unusable) unusable
                """
            )
        }
        if !report.labels.isEmpty, report.labels.count <= 50 {
            lines.append(
                "labels        \(report.labels.map { "\($0.label) \(percent($0.share))" }.joined(separator: ", "))")
        }
        let diversity = report.diversity
        lines.append(
            """
            words         \(diversity.words), \(diversity.vocabulary) distinct; distinct-1/2/3 \
            \(diversity.distinct.map { Terminal.number(($0 * 1000).rounded() / 1000) }.joined(separator: " / "))
            """
        )
        if !diversity.clusters.isEmpty {
            lines.append(
                """
                clusters      \(diversity.clusters.map { percent($0.share) }.joined(separator: ", ")); evenness \
                \(Terminal.number(diversity.evenness))
                """
            )
        }
        lines.append("languages     \(shares(report.languages, rows))")
        lines.append("scripts       \(shares(report.scripts, rows))")
        if !report.repetition.isEmpty { lines.append("repetition    \(shares(report.repetition, rows))") }
        if !report.sensitive.isEmpty {
            lines.append(
                "sensitive     \(report.sensitive.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", ")) (\(report.sensitiveAction ?? "allow"))"
            )
        }
        if let contamination = report.contamination {
            lines.append(
                """
                gate          \(contamination.contaminated) of \(contamination.gateRows) rows share 12 words with \
                a training row
                """
            )
        }
        for test in report.drift {
            lines.append(
                """
                drift         \(test.what): \(test.test), p = \(Terminal.number(test.pValue)), size \
                \(Terminal.number(test.effect))\(test.drifted ? ": DRIFTED" : "")
                """
            )
        }
        if let sufficiency = report.sufficiency { lines.append("enough?       \(sufficiency.explanation)") }
        for finding in report.findings { lines.append("! \(finding.message)\(finding.remedy.map { " \($0)" } ?? "")") }
        lines += problems(report.tokens)
        return lines.joined(separator: "\n")
    }

    /// Rows that are left out of training for their tokens, the first twenty; JSON has more.
    private static func problems(_ tokens: DataReport.Tokens?) -> [String] {
        guard let problems = tokens?.problems, !problems.isEmpty else { return [] }
        let all = tokens?.problemCounts?.values.reduce(0, +) ?? problems.count
        var lines = ["left out of training for their tokens: \(reasons(tokens?.problemCounts ?? [:]))"]
        lines += problems.prefix(20).map {
            "  \($0.file.map { "\($0):" } ?? "line ")\($0.line) \($0.code): \($0.message) \($0.fix ?? "")"
        }
        if all > 20 { lines.append("  … \(all - 20) more; `--json` lists \(min(all, problems.count))") }
        return lines
    }

    private static func lengths(_ histogram: DataReport.Histogram) -> String {
        guard let most = histogram.counts.max(), most > 0 else { return "none" }
        let blocks = Array("▁▂▃▄▅▆▇█")
        let bars = histogram.counts.map { $0 == 0 ? " " : String(blocks[min(7, $0 * 8 / (most + 1))]) }.joined()
        return
            """
            mean \(Terminal.number((histogram.mean * 10).rounded() / 10)), median \(histogram.median), 95 % up to \
            \(histogram.p95), longest \(histogram.largest)  \(bars)
            """
    }

    private static func shares(_ counts: [String: Int], _ rows: Int) -> String {
        counts.isEmpty
            ? "–"
            : counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
                "\($0.key) \(percent(Double($0.value) / Double(max(1, rows))))"
            }.joined(separator: ", ")
    }

    private static func percent(_ share: Double) -> String {
        share > 0 && share < 0.01 ? "<1 %" : "\(Int((share * 100).rounded())) %"
    }
    private static func reasons(_ counts: [String: Int]) -> String {
        counts.isEmpty
            ? "none" : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
    private static func count(_ rows: [Split: Int], _ split: Split) -> String { String(rows[split] ?? 0) }
    private static func list<Noun>(_ ids: [Identifier<Noun>]) -> String {
        ids.isEmpty ? "–" : ids.map(\.rawValue).joined(separator: ", ")
    }
    private static func name(_ drop: Drop) -> String { String(drop.name.debugDescription.dropFirst().dropLast()) }
}
