import DataQuality
import Nouns
import Settings

/// What a person should know of a report, most important first; pure.
package enum FindingRules {
    package static func findings(_ report: DataReport, _ pipeline: PipelineSettings) -> [DataReport.Finding] {
        var findings: [DataReport.Finding] = []
        let rows = report.rows.values.reduce(0, +)
        guard rows > 0 else { return [.init("no_rows", "No row is new to the dataset.")] }
        func share(_ count: Int) -> String { "\(count) of \(rows) rows (\(percent(count, rows)))" }
        if report.drop == nil {
            if report.rows[.gate] ?? 0 == 0 {
                findings.append(
                    .init(
                        "empty_gate", "No prompt fell on the gate side yet: nothing can be judged, so no run starts.",
                        remedy: "Drop more rows; a larger data.gate_share counts for prompts not seen yet."))
            }
            if report.rows[.validation] ?? 0 == 0, pipeline.data.validationShare > 0 {
                findings.append(
                    .init(
                        "empty_validation",
                        """
                        No prompt fell on the validation side yet: training cannot stop early, and experiments \
                        have nothing to choose by.
                        """,
                        remedy: "Drop more rows; a larger data.validation_share counts for prompts not seen yet."))
            }
            if let sufficiency = report.sufficiency, sufficiency.trainRows < Sufficiency.advised {
                findings.append(.init("few_rows", sufficiency.explanation, remedy: "Drop more rows."))
            }
        }
        let secrets = report.sensitive[.secret] ?? 0
        if secrets > 0, pipeline.data.sensitive == .allow {
            findings.append(
                .init(
                    "secrets", "\(share(secrets)) hold a key or token, which the model may learn by heart.",
                    remedy:
                        """
                        Revoke the key where it is valid; set data.sensitive = \"redact\" or \"reject\", and \
                        revoke the drop.
                        """
                ))
        }
        let personal = report.sensitive.filter { $0.key != .secret }
        if !personal.isEmpty, pipeline.data.sensitive == .allow {
            let list = personal.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                "\($0.value) with \($0.key.rawValue)"
            }.joined(separator: ", ")
            findings.append(
                .init(
                    "personal_data", "Rows hold personal data: \(list).",
                    remedy: "Set data.sensitive = \"redact\" or \"reject\" where the model must not learn them."))
        }
        if let contamination = report.contamination, contamination.contaminated > 0 {
            findings.append(
                .init(
                    "contaminated_gate",
                    """
                    \(contamination.contaminated) of \(contamination.gateRows) gate rows share a run of 12 words \
                    with a training row, so they judge too kindly.
                    """,
                    remedy:
                        """
                        Look at the pairs in the report; take the text that they share out of the prompts, or set \
                        data.group_by.
                        """
                ))
        }
        if report.contradictions.prompts > 0 {
            findings.append(
                .init(
                    "contradictions",
                    """
                    \(report.contradictions.prompts) prompts have more than one answer \
                    (\(report.contradictions.rows) rows).
                    """,
                    remedy: "Decide on one answer each; `ftctl data report` names the rows."))
        }
        if report.nearDuplicates.rows * 10 > rows {
            findings.append(
                .init(
                    "near_duplicates", "\(share(report.nearDuplicates.rows)) are nearly the same as an earlier one.",
                    remedy: "Set data.near_duplicates = \"remove\" where they add nothing."))
        }
        let removed = report.removed.filter { SetAsideRow.Reason(rawValue: $0.key)?.isOutsideDataset == false }.values
            .reduce(0, +)
        if removed * 5 > (report.rows[.train] ?? 0), removed > 0 {
            findings.append(
                .init(
                    "many_removed",
                    "\(removed) rows are kept out of training, of \(report.rows[.train] ?? 0) on the training side.",
                    remedy: "See `ftctl data report --removed`; near duplicates of gate rows are the judge's first."))
        }
        if let tokens = report.tokens, tokens.rows > 0 {
            if tokens.unusable > 0 {
                findings.append(
                    .init(
                        "unusable_rows",
                        """
                        \(tokens.unusable) of \(tokens.rows) rows leave nothing to train on within \
                        recipe.max_length = \(tokens.maxLength) tokens.
                        """,
                        remedy: "Raise recipe.max_length, or shorten the prompts."))
            }
            if tokens.truncated * 20 > tokens.rows {
                findings.append(
                    .init(
                        "truncation",
                        """
                        \(tokens.truncated) of \(tokens.rows) rows are longer than recipe.max_length = \
                        \(tokens.maxLength) tokens.
                        """,
                        remedy: "Raise recipe.max_length."))
            }
        }
        let repeated = report.repetition.values.max() ?? 0
        if repeated > 0 {
            findings.append(
                .init(
                    "repetition",
                    """
                    \(share(repeated)) repeat themselves too much \
                    (\(report.repetition.keys.sorted().joined(separator: ", "))).
                    """,
                    remedy: "Set data.repetition = \"remove\" where they are noise."))
        }
        if let smallest = report.labels.last, report.labels.count > 1,
            smallest.share * Double(report.labels.count) < 0.2
        {
            findings.append(
                .init(
                    "label_balance", "The label '\(smallest.label)' has \(smallest.rows) of \(rows) rows.",
                    remedy: "Drop more rows of it."))
        }
        for test in report.drift where test.drifted {
            findings.append(
                .init(
                    "drift",
                    """
                    The \(test.what) of this drop differs from the dataset's (\(test.test), p = \
                    \(number(test.pValue)), size \(number(test.effect))).
                    """,
                    remedy: "Check that the file belongs to this pipeline; where it does, nothing is to be done."))
        }
        if let largest = report.diversity.clusters.first, largest.share > 0.8, rows >= Sufficiency.advised {
            findings.append(
                .init(
                    "one_cluster",
                    """
                    \(percent(largest.rows, max(1, report.diversity.clusters.reduce(0) { $0 + $1.rows }))) of the \
                    rows are alike in their words (around row \(largest.centre)).
                    """,
                    remedy: "Drop rows of other kinds, where the model is to answer others."))
        }
        return findings
    }

    private static func percent(_ part: Int, _ whole: Int) -> String {
        "\(Int((Double(part) / Double(max(1, whole)) * 100).rounded())) %"
    }
    private static func number(_ value: Double) -> String {
        value < 0.001 ? "below 0.001" : String((value * 1000).rounded() / 1000)
    }
}
