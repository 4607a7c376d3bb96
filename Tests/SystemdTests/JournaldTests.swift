import Foundation
import Logging
import Systemd
import TestSupport
import Testing

extension SystemdTests {
    /// The journal handler against a real systemd-journald, in a mount namespace of its own.
    ///
    /// The sender is this very test program, started inside the namespace with a filter for ``JournalSender``.
    @Suite struct JournaldTests {
        @Test func recordsArriveWithEveryField() async throws {
            let folder = NSTemporaryDirectory() + "/ft-journal-" + UUID().uuidString.prefix(8)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let (ending, output) = try await ChildProgram.run(
                TestSupport.repository + "/Tests/SystemdLab/journald.sh",
                [program, "--testing-library", "swift-testing", "--filter", "JournalSender"],
                environment: ["LAB_JOURNAL": folder, "FINETUNED_JOURNAL_SENDER": "1"])
            #expect(ending == .exited(0), "\(output)")
            let (_, lines) = try await ChildProgram.run(
                "journalctl", ["-D", folder, "-o", "json", "-q", "SYSLOG_IDENTIFIER=finetuned"])
            let records = Journal(lines).records
            try #require(records.count == JournalSender.count, "\(lines) \(output)")

            let first = records[0]
            #expect(first["MESSAGE"] == "r-1 of tickets started")
            #expect(first["MESSAGE_ID"] == EventKind.runStarted.messageID)
            #expect(first["EVENT"] == "run.started")
            #expect(first["PIPELINE"] == "tickets")
            #expect(first["RUN"] == "r-1")
            #expect(first["STAGE"] == "supervision")
            #expect(first["PRIORITY"] == "5")
            #expect(first["LOGGER"] == "supervision")
            #expect(first["CODE_FILE"]?.hasSuffix("JournaldTests.swift") == true)
            #expect(first["CODE_FUNC"]?.hasPrefix("send") == true)
            #expect(first["CODE_LINE"].flatMap(Int.init) ?? 0 > 0)

            #expect(records[1]["MESSAGE"]?.hasPrefix("line one ⏎ line two = ünïcode") == true)
            #expect(records[1]["FINETUNED_NOTE"] == "a\nMESSAGE_ID=forged\nb")
            #expect(records[1]["MESSAGE_ID"] == nil)
            #expect(records[1]["PRIORITY"] == "3")
            // A field of 300 kB goes through a sealed memory file instead of the datagram.
            #expect(records[2]["FINETUNED_LONG"] == nil || records[2]["FINETUNED_LONG"]?.count == 300_000)
            #expect(records[2]["MESSAGE"] == nil || records[2]["MESSAGE"]?.hasPrefix("long") == true)
            #expect(records[2]["DROP"] == "d-1")
            let priorities = records[3...].map { $0["PRIORITY"] }
            #expect(priorities == ["7", "7", "6", "5", "4", "3", "2"])
            #expect(records[3...].allSatisfy { $0["VERSION"] == "v-1" })
        }
    }
}

/// Runs only inside journald.sh, on behalf of ``SystemdTests/JournaldTests``.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["FINETUNED_JOURNAL_SENDER"] == "1"))
struct JournalSender {
    static let count = 3 + Logger.Level.allCases.count

    @Test func send() {
        let threshold = LogThreshold(.trace)
        var logger = Logger(label: "supervision") { JournalLogHandler(label: $0, threshold: threshold) }
        logger[metadataKey: "pipeline"] = "tickets"
        logger.notice(
            "r-1 of tickets started", metadata: ["event": "run.started", "run": "r-1", "stage": "supervision"])
        logger.error("line one\nline two = ünïcode", metadata: ["note": "a\nMESSAGE_ID=forged\nb"])
        logger.notice("long", metadata: ["long": "\(String(repeating: "x", count: 300_000))", "drop": "d-1"])
        for level in Logger.Level.allCases { logger.log(level: level, "level", metadata: ["version": "v-1"]) }
    }
}
