import ControlProtocol
import Foundation
import Nouns
import Testing

@testable import ftctl

/// What the commands about data print.
struct DataOutputTests {
    static let snapshot = SnapshotSummary(
        snapshot: Snapshot(
            id: "s-2f1c9a", pipeline: "tickets", createdAt: Answers.now, drops: [Answers.stored.id],
            files: [.train: [FileReference(path: "a.zst", sha256: "ab", bytes: 9)]],
            rows: [.train: 470, .validation: 61, .gate: 59], removed: ["near_duplicate_of_gate": 10]),
        runs: ["r-000003", "r-000004"], versions: ["v-9f86d081884c"])

    static let report: DataReport = {
        var report = DataReport(pipeline: "tickets", drop: nil, at: Answers.now, drops: 3)
        report.rows = [.train: 480, .validation: 61, .gate: 59]
        report.exactDuplicates = 4
        report.nearDuplicates.rows = 11
        report.contradictions.prompts = 2
        report.contradictions.rows = 5
        report.characters.bounds = [16, 32, 64]
        report.characters.counts = [10, 400, 190]
        (report.characters.mean, report.characters.median) = (41.26, 38)
        (report.characters.p95, report.characters.largest) = (60, 64)
        var tokens = DataReport.Tokens()
        tokens.histogram = report.characters
        (tokens.rows, tokens.truncated, tokens.unusable, tokens.maxLength) = (600, 2, 1, 512)
        tokens.problems = [
            RowProblem(line: 3, code: "too_long", message: "The row has 600 tokens.", fix: "Shorten it.")
        ]
        tokens.problemCounts = ["too_long": 25]
        report.tokens = tokens
        report.labels = [
            .init(label: "order", rows: 400, share: 2 / 3), .init(label: "refund", rows: 200, share: 1 / 3),
        ]
        report.diversity.words = 9_000
        report.diversity.vocabulary = 700
        report.diversity.distinct = [0.0778, 0.31, 0.52]
        report.diversity.clusters = [
            .init(share: 0.6, rows: 360, centre: "a"), .init(share: 0.004, rows: 2, centre: "b"),
        ]
        report.diversity.evenness = 0.71
        report.languages = ["en": 597, "de": 3]
        report.scripts = ["Latin": 600]
        report.sensitive = [.email: 3]
        report.sensitiveAction = "redact"
        report.drift = [
            .init(
                what: "length", test: "Kolmogorov-Smirnov", statistic: 0.2, pValue: 0.0004, effect: 0.2, drifted: true)
        ]
        var contamination = DataReport.Contamination()
        contamination.gateRows = 59
        contamination.contaminated = 1
        report.contamination = contamination
        report.removed = ["near_duplicate_of_gate": 10]
        report.sufficiency = .init(
            basis: "learning curve", trainRows: 480, explanation: "Twice the rows would lower the loss by 0.02.")
        report.findings = [.init("drift", "The drop's rows are shorter.", remedy: "Look at what was exported.")]
        return report
    }()

    @Test func datasets() throws {
        let drop = DropSummary(
            drop: Answers.stored, rows: [.train: 480, .validation: 61, .gate: 57], removed: ["sensitive": 1])
        let listing = DataListing(
            pipeline: "tickets", rows: [.train: 480, .validation: 61, .gate: 59],
            removed: ["near_duplicate_of_gate": 10], drops: [drop], snapshots: [Self.snapshot])
        try OutputHarness.expect("data-list", "data tickets", DataList.self, listing)
        let empty = DataListing(pipeline: "orders", rows: [:], removed: [:], drops: [], snapshots: [])
        try OutputHarness.expect("data-list-empty", "data list orders", DataList.self, empty)
        try OutputHarness.expect(
            "data-show-drop", "data show d-20270115-080000-0a1b2c3d", DataShow.self,
            DataSubject(drop: drop, report: Self.report))
        try OutputHarness.expect(
            "data-show-snapshot", "data show s-2f1c9a", DataShow.self, DataSubject(snapshot: Self.snapshot))
        let shown = Row(
            id: "0a1b2c3d", content: .completion(prompt: "Where is my order?\nIt is late.", completion: "order"),
            split: .gate, label: "order", promptKey: "k", drop: "d-20270115-080000-0a1b2c3d", line: 7)
        try OutputHarness.expect("data-show-row", "data show 0a1b2c3d", DataShow.self, DataSubject(row: shown))
        let calls = #"[{"id":"call_1","type":"function","function":{"name":"stock","arguments":"{\"sku\": 7}"}}]"#
        let chat = Row(
            id: "1b2c3d4e",
            content: .chat(
                messages: [
                    Message(role: "user", content: "Is it there?", name: "ann"),
                    Message(
                        role: "assistant", content: "", toolCalls: .string(calls), reasoning: "I have to look.",
                        trained: false),
                    Message(role: "tool", content: "3", toolCallID: "call_1"),
                    Message(role: "assistant", content: "Three are left."),
                ], tools: .string(#"[{"type":"function","function":{"name":"stock"}}]"#)),
            split: .train, promptKey: "k", fields: ["language": .string("en"), "weight": .number(0.5)],
            drop: "d-20270115-080000-0a1b2c3d", line: 8)
        try OutputHarness.expect("data-show-chat", "data show 1b2c3d4e", DataShow.self, DataSubject(row: chat))
        try OutputHarness.expect("data-report", "data report tickets", DataQuality.self, .report(Self.report))
        let row = SetAsideRow(
            id: "0a1b2c3d", reason: .nearDuplicateOfGate, drop: Answers.stored.id, line: 7, other: "99aabbcc",
            score: 0.87654)
        try OutputHarness.expect(
            "data-report-removed", "data report tickets --removed", DataQuality.self, .removed([row]))
    }

    @Test func whereRowsComeFromAndWhatBecameOfThem() throws {
        let difference = SnapshotDifference(
            a: .init(
                snapshot: "s-2f1c9a", drops: [Answers.stored.id], rows: [.train: 12],
                examples: [.train: ["r1", "r2", "r3", "r4"]]),
            b: .init(snapshot: "s-111111", drops: [], rows: [:], examples: [:]),
            shared: [.train: 458, .validation: 61, .gate: 59])
        try OutputHarness.expect("data-diff", "data diff s-2f1c9a s-111111", DataDiff.self, difference)
        var lineage = DataLineage(subject: "0a1b2c3d", kind: "row")
        lineage.places = [.init(drop: Answers.stored.id, line: 7, split: .train, state: .stored)]
        lineage.setAside = [
            SetAsideRow(
                id: "0a1b2c3d", reason: .nearDuplicate, drop: Answers.stored.id, line: 9, other: "b", score: 0.9)
        ]
        lineage.snapshots = [.init(snapshot: "s-2f1c9a", splits: [.train])]
        lineage.runs = ["r-000003"]
        lineage.versions = ["v-9f86d081884c"]
        try OutputHarness.expect("data-lineage", "data lineage 0a1b2c3d", DataTrace.self, lineage)
        let revoked = RevokeAnswer(
            drop: Answers.stored.id, rowsWithdrawn: 590, rowsKept: 8, versions: ["v-9f86d081884c"],
            served: "v-9f86d081884c", cancelled: ["r-000004"], erasedBytes: 123_456)
        try OutputHarness.expect(
            "data-revoke", "data revoke d-20270115-080000-0a1b2c3d --reason 'asked for by the customer' --erase",
            DataRevoke.self, revoked)
    }

    @Test func filesThatAreLookedAt() throws {
        let check = try #require(try OutputHarness.parse("data check monday.jsonl --limit 1") as? DataCheck)
        var sound = Answers.report
        (sound.rowsRejected, sound.problems, sound.problemCounts) = (0, [], [:])
        try OutputHarness.expect(
            "data-check", "data check monday.jsonl --limit 1", check.document(sound, isWhole: true), json: sound)
        try OutputHarness.expect(
            "data-check-faulty", "data check monday.jsonl --limit 1", check.document(Answers.report, isWhole: true),
            json: Answers.report)
        try OutputHarness.expect(
            "data-check-quarantine", "data check monday.jsonl --limit 1",
            check.document(Answers.refused, isWhole: false), json: Answers.refused)
    }
}
