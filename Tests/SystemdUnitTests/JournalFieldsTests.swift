import Logging
import Systemd
import Testing

@Suite struct JournalFieldsTests {
    private func fields(
        _ message: Logger.Message, _ metadata: Logger.Metadata, level: Logger.Level = .notice,
        logger: Logger.Metadata = [:],
        error: (any Error)? = nil
    ) -> [String: String] {
        let event = LogEvent(
            level: level, message: message, error: error, metadata: metadata, source: "S", file: "A/B.swift",
            function: "f()", line: 7)
        let record = LogRecord(event, metadata: logger, provider: nil)
        let fields = JournalFields(record, label: "runs", file: "A/B.swift", function: "f()", line: 7)
        return Dictionary(fields.pairs.map { ($0.name, $0.value) }) { first, _ in first }
    }

    @Test func everyKeyBecomesItsField() {
        let all = fields(
            "r-1 of tickets is trained",
            [
                "event": "run.trained", "run": "r-1", "stage": "training", "tokensPerSecond": "812.5",
                "worker": ["pid": "33"], "rows": ["1", "2"],
            ], logger: ["pipeline": "tickets", "run": "older"])
        #expect(
            all["MESSAGE"]
                == "r-1 of tickets is trained rows=\"1 2\" tokensPerSecond=812.5 worker.pid=33")
        #expect(all["MESSAGE_ID"] == EventKind.runTrained.messageID)
        #expect(all["EVENT"] == "run.trained")
        #expect(all["PIPELINE"] == "tickets")
        #expect(all["RUN"] == "r-1")
        #expect(all["STAGE"] == "training")
        #expect(all["FINETUNED_TOKENS_PER_SECOND"] == "812.5")
        #expect(all["FINETUNED_WORKER_PID"] == "33")
        #expect(all["PRIORITY"] == "5")
        #expect(all["LOGGER"] == "runs")
        #expect(all["CODE_FILE"] == "A/B.swift")
        #expect(all["CODE_LINE"] == "7")
        #expect(all["CODE_FUNC"] == "f()")
        #expect(all["SYSLOG_IDENTIFIER"] == "finetuned")
    }

    @Test func aValueIsSaidWhereTheMessageHoldsOnlyPartOfAWord() {
        #expect(fields("r-12 started", ["run": "r-1"])["MESSAGE"] == "r-12 started run=r-1")
        #expect(fields("r-1 started", ["run": "r-1"])["MESSAGE"] == "r-1 started")
        #expect(fields("(r-1)", ["run": "r-1"])["MESSAGE"] == "(r-1)")
        #expect(fields("", ["run": "r-1"])["MESSAGE"] == " run=r-1")
    }

    @Test func anUnknownEventHasNoMessageID() {
        let all = fields("x", ["event": "run.teleported"])
        #expect(all["EVENT"] == "run.teleported")
        #expect(all["MESSAGE_ID"] == nil)
    }

    @Test func theErrorIsSaid() {
        struct Broken: Error, CustomStringConvertible { let description = "line 3: unknown key" }
        let all = fields("settings", [:], level: .error, error: Broken())
        #expect(all["FINETUNED_ERROR"] == "line 3: unknown key")
        #expect(all["MESSAGE"] == "settings error=\"line 3: unknown key\"")
    }

    @Test(arguments: [
        ("run", "RUN"), ("MESSAGE", "FINETUNED_MESSAGE"), ("_PID", "FINETUNED_PID"), ("9 lives", "FINETUNED_9_LIVES"),
        ("größe", "FINETUNED_GR_E"), ("", "FINETUNED_"), ("a--b", "FINETUNED_A_B"),
        (String(repeating: "k", count: 80), "FINETUNED_" + String(repeating: "K", count: 54)),
    ])
    func fieldNamesAreOnesThatTheJournalTakes(key: String, expected: String) {
        #expect(JournalFields.name(key) == expected)
    }

    @Test func levelsMapToPriorities() {
        let expected: [Logger.Level: Int] = [
            .trace: 7, .debug: 7, .info: 6, .notice: 5, .warning: 4, .error: 3, .critical: 2,
        ]
        for level in Logger.Level.allCases { #expect(JournalFields.priority(level) == expected[level]) }
    }

    /// A file's name, a licence or what a model said makes no record of its own, and steers no terminal.
    @Test func aMessageIsOneLineWhateverIsInIt() {
        let all = fields("Received a\u{1B}[2J\u{202E}b\nPRIORITY=0\u{2028}c", ["drop": "d-1"])
        #expect(all["MESSAGE"] == "Received a\\u{1b}[2J\\u{202e}b ⏎ PRIORITY=0\\u{2028}c drop=d-1")
        #expect(all["PRIORITY"] == "5")
    }
}
