import DataQuality
import Nouns
import Reports
import Settings

/// What a person should know of a report, most important first; pure.
package enum FindingRules {
    package static func findings(_ report: DataReport, _ pipeline: PipelineSettings) -> [DataReport.Finding] {
        guard report.rows.values.reduce(0, +) > 0 else { return [.init("no_rows", "No row is new to the dataset.")] }
        let all: [DataReport.Finding?] =
            sides(report, pipeline) + sensitive(report, pipeline)
            + [
                contamination(report), contradictions(report), superseded(report), nearDuplicates(report),
                removed(report),
            ]
            + lengths(report) + [repetition(report), balance(report), spellings(report), rareLabels(report)]
            + drift(report) + [clusters(report)]
        return all.compactMap(\.self)
    }

    /// Sides of the whole dataset that are empty or small; a drop's own report says nothing of them.
    private static func sides(_ report: DataReport, _ pipeline: PipelineSettings) -> [DataReport.Finding?] {
        guard report.drop == nil else { return [] }
        let more = "Drop more rows; a larger data.%@_share counts for prompts not seen yet."
        func empty(_ split: Split, _ text: String) -> DataReport.Finding? {
            guard report.rows[split] ?? 0 == 0 else { return nil }
            let remedy = more.replacing("%@", with: split.rawValue)
            return .init("empty_\(split.rawValue)", text, remedy: remedy)
        }
        return [
            empty(.gate, "No prompt fell on the gate side yet: nothing can be judged, so no run starts."),
            pipeline.data.validationShare > 0
                ? empty(
                    .validation,
                    """
                    No prompt fell on the validation side yet: training cannot stop early, and experiments have \
                    nothing to choose by.
                    """) : nil,
            report.sufficiency.flatMap {
                $0.trainRows < Sufficiency.advised
                    ? .init("few_rows", $0.explanation, remedy: "Drop more rows.") : nil
            },
        ]
    }

    /// Secrets and personal data that the pipeline lets through.
    private static func sensitive(_ report: DataReport, _ pipeline: PipelineSettings) -> [DataReport.Finding?] {
        guard pipeline.data.sensitive == .allow else { return [] }
        var findings: [DataReport.Finding?] = []
        let secrets = report.sensitive[.secret] ?? 0
        if secrets > 0 {
            findings.append(
                .init(
                    "secrets", "\(share(secrets, report)) hold a key or token, which the model may learn by heart.",
                    remedy: """
                        Revoke the key where it is valid; set data.sensitive = "redact" or "reject", and revoke the \
                        drop.
                        """))
        }
        let personal = report.sensitive.filter { $0.key != .secret }
        if !personal.isEmpty {
            let list = personal.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\($0.value) with \($0.key.rawValue)" }.joined(separator: ", ")
            findings.append(
                .init(
                    "personal_data", "Rows hold personal data: \(list).",
                    remedy: "Set data.sensitive = \"redact\" or \"reject\" where the model must not learn them."))
        }
        return findings
    }

    private static func contamination(_ report: DataReport) -> DataReport.Finding? {
        guard let found = report.contamination, found.contaminated > 0 else { return nil }
        return .init(
            "contaminated_gate",
            """
            \(found.contaminated) of \(Quantity.counted(found.gateRows, "gate row")) \
            \(found.contaminated == 1 ? "shares" : "share") a run of 12 words with a training row, \
            and judges too kindly.
            """,
            remedy: """
                Take the text that they share out of the prompts, or set \
                data.group_by.
                """)
    }

    private static func contradictions(_ report: DataReport) -> DataReport.Finding? {
        guard report.contradictions.prompts > 0 else { return nil }
        return .init(
            "contradictions",
            """
            \(Quantity.counted(report.contradictions.prompts, "prompt has", "prompts have")) more than one answer \
            (\(Quantity.counted(report.contradictions.rows, "row"))).
            """,
            remedy: "Decide on one answer each; `ftctl data report` names the rows.")
    }

    private static func superseded(_ report: DataReport) -> DataReport.Finding? {
        guard let rows = report.removed[SetAsideRow.Reason.superseded.rawValue], rows > 0 else { return nil }
        return .init(
            "superseded",
            """
            \(rows == 1 ? "1 gate row judges" : "\(rows) gate rows judge") no more: the prompt came again with another \
            label, and the newest one judges.
            """,
            remedy: "`ftctl data report --removed` names both rows and drops; withdraw the drop that is wrong.")
    }

    private static func nearDuplicates(_ report: DataReport) -> DataReport.Finding? {
        guard report.nearDuplicates.rows * 10 > rows(report) else { return nil }
        return .init(
            "near_duplicates",
            "\(share(report.nearDuplicates.rows, report)) are nearly the same as an earlier one.",
            remedy: "Set data.near_duplicates = \"remove\" where they add nothing.")
    }

    private static func removed(_ report: DataReport) -> DataReport.Finding? {
        let removed = report.removed.filter { name, _ in
            guard let reason = SetAsideRow.Reason(rawValue: name) else { return false }
            return !reason.isOutsideDataset && reason != .superseded
        }.values.reduce(0, +)
        let train = report.rows[.train] ?? 0
        guard removed * 5 > train, removed > 0 else { return nil }
        return .init(
            "many_removed",
            """
            \(Quantity.counted(removed, "row is", "rows are")) left out of training, of \(train) on the training side.
            """,
            remedy: "See `ftctl data report --removed`; near duplicates of gate rows are the judge's first.")
    }

    /// Rows that are too long for the recipe.
    private static func lengths(_ report: DataReport) -> [DataReport.Finding?] {
        guard let tokens = report.tokens, tokens.rows > 0 else { return [] }
        return [
            tokens.unusable == 0
                ? nil
                : .init(
                    "unusable_rows",
                    """
                    \(tokens.unusable) of \(Quantity.counted(tokens.rows, "row")) \
                    \(tokens.unusable == 1 ? "leaves" : "leave") nothing to train on within \(tokens.maxLength) \
                    tokens (recipe.max_length, or the base's context).
                    """,
                    remedy: "Raise recipe.max_length where it is set; else shorten the prompts."),
            tokens.truncated * 20 <= tokens.rows
                ? nil
                : .init(
                    "truncation",
                    """
                    \(tokens.truncated) of \(Quantity.counted(tokens.rows, "row")) \
                    \(tokens.truncated == 1 ? "is" : "are") longer than \(tokens.maxLength) tokens \
                    (recipe.max_length, or the base's context).
                    """,
                    remedy: """
                        Raise recipe.max_length where it is set; else shorten the rows, or take a base that reads more.
                        """),
        ]
    }

    private static func repetition(_ report: DataReport) -> DataReport.Finding? {
        let most = report.repetition.values.max() ?? 0
        guard most > 0 else { return nil }
        let kinds = report.repetition.keys.sorted().joined(separator: ", ")
        return .init(
            "repetition", "\(share(most, report)) repeat themselves too much (\(kinds)).",
            remedy: "Set data.repetition = \"remove\" where they are noise.")
    }

    private static func balance(_ report: DataReport) -> DataReport.Finding? {
        guard let smallest = report.labels.last, report.labels.count > 1,
            smallest.share * Double(report.labels.count) < 0.2
        else { return nil }
        return .init(
            "label_balance", "The label '\(smallest.label)' has \(smallest.rows) of \(rows(report)) rows.",
            remedy: "Drop more rows of it.")
    }

    /// Labels that a person would take for one.
    private static func spellings(_ report: DataReport) -> DataReport.Finding? {
        let names = report.labels.map(\.label)
        let alike = Dictionary(grouping: names) {
            $0.lowercased().filter { !$0.isWhitespace && $0 != "_" && $0 != "-" }
        }
        .values.filter { $0.count > 1 }.map { $0.sorted() }.sorted { $0[0] < $1[0] }
        guard !alike.isEmpty else { return nil }
        let shown = alike.prefix(5).map { $0.map { "'\($0)'" }.joined(separator: " and ") }.joined(separator: "; ")
        return .init(
            "label_spellings",
            "Labels differ by case, spaces or hyphens alone, and count as classes of their own: \(shown).",
            remedy: "Spell each class in one way, if they are meant to be the same.")
    }

    /// Labels of so few rows that models do not choose among them.
    private static func rareLabels(_ report: DataReport) -> DataReport.Finding? {
        let total = report.labels.reduce(0) { $0 + $1.rows }
        let rare = report.labels.filter { $0.rows < 5 && $0.rows * 50 < total }
        guard report.drop == nil, !rare.isEmpty, rare.count < report.labels.count else { return nil }
        let names = rare.prefix(5).map { "'\($0.label)'" }.joined(separator: ", ") + (rare.count > 5 ? ", …" : "")
        return .init(
            "rare_labels",
            """
            \(rare.count == 1 ? "1 label has" : "\(rare.count) labels have") fewer than 5 rows and less than 2 %: \
            \(names). No model may choose \(rare.count == 1 ? "it" : "them"), and such gate rows count as wrong for all.
            """,
            remedy: "Correct them where they are slips; drop more rows where they are classes.")
    }

    private static func drift(_ report: DataReport) -> [DataReport.Finding?] {
        report.drift.filter(\.drifted).map { test in
            .init(
                "drift",
                """
                The \(test.what) of this drop differs from the dataset's (\(test.test), p = \(number(test.pValue)), \
                size \(number(test.effect))).
                """,
                remedy: "Check that the file belongs to this pipeline; where it does, nothing is to be done.")
        }
    }

    private static func clusters(_ report: DataReport) -> DataReport.Finding? {
        guard let largest = report.diversity.clusters.first, largest.share > 0.8, rows(report) >= Sufficiency.advised
        else { return nil }
        let whole = report.diversity.clusters.reduce(0) { $0 + $1.rows }
        return .init(
            "one_cluster",
            """
            \(percent(largest.rows, whole)) of the rows are alike in their words (around row \(largest.centre)).
            """,
            remedy: "Drop rows of other kinds, where the model is to answer others.")
    }

    private static func rows(_ report: DataReport) -> Int { report.rows.values.reduce(0, +) }
    private static func share(_ count: Int, _ report: DataReport) -> String {
        "\(count) of \(rows(report)) rows (\(percent(count, rows(report))))"
    }
    private static func percent(_ part: Int, _ whole: Int) -> String {
        "\(Int((Double(part) / Double(max(1, whole)) * 100).rounded())) %"
    }
    private static func number(_ value: Double) -> String {
        value < 0.001 ? "below 0.001" : String((value * 1000).rounded() / 1000)
    }
}
