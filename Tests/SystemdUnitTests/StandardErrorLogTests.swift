import Foundation
import Logging
import Systemd
import Testing

@Suite struct StandardErrorLogTests {
    private func record(_ message: Logger.Message, _ metadata: Logger.Metadata) -> LogRecord {
        LogRecord(
            LogEvent(
                level: .warning, message: message, metadata: metadata, source: nil, file: "", function: "", line: 1),
            metadata: [:], provider: nil)
    }

    @Test func aLineHasTimeLevelLoggerMessageAndFields() {
        let handler = StandardErrorLogHandler(label: "intake", threshold: LogThreshold())
        let line = handler.line(
            record(
                "a.jsonl has bad rows",
                ["event": "drop.rows-rejected", "drop": "d-1", "stage": "intake", "note": "say \"no\"\n"]),
            at: timespec(tv_sec: 1_764_000_000, tv_nsec: 42_999_999))
        #expect(
            line == "2025-11-24T16:00:00.042Z warning  intake: a.jsonl has bad rows drop=d-1 note=\"say \\\"no\\\"\\n\""
        )
    }

    @Test func aMessageStaysOneLine() {
        let handler = StandardErrorLogHandler(label: "x", threshold: LogThreshold(), colours: true)
        let line = handler.line(record("two\nlines", [:]), at: timespec(tv_sec: 0, tv_nsec: 0))
        #expect(line == "1970-01-01T00:00:00.000Z \u{1B}[33mwarning \u{1B}[0m x: two ⏎ lines")
    }

    @Test func oneThresholdGovernsEveryLoggerUnlessItHasItsOwn() throws {
        var pipe: [Int32] = [0, 0]
        #expect(Glibc.pipe(&pipe) == 0)
        let threshold = LogThreshold(.warning)
        func logger() -> Logger {
            Logger(label: "t") { StandardErrorLogHandler(label: $0, threshold: threshold, descriptor: pipe[1]) }
        }
        let first = logger()
        var second = logger()
        second.logLevel = .error
        first.info("hidden")
        threshold.level = .debug
        first.debug("shown")
        second.warning("hidden too")
        close(pipe[1])
        let text = String(
            decoding: FileHandle(fileDescriptor: pipe[0], closeOnDealloc: true).readDataToEndOfFile(), as: UTF8.self)
        #expect(text.hasSuffix("debug    t: shown\n"))
        #expect(!text.contains("hidden"))
    }

    @Test func theJournalIsRecognisedByDeviceAndInode() {
        var status = stat()
        #expect(fstat(STDERR_FILENO, &status) == 0)
        #expect(Logs.isJournal(STDERR_FILENO, ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"]))
        #expect(!Logs.isJournal(STDERR_FILENO, ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino + 1)"]))
        for value in ["", ":", "1", "a:b", "1:2:3"] {
            #expect(!Logs.isJournal(STDERR_FILENO, ["JOURNAL_STREAM": value]))
        }
        #expect(Logs.destination(environment: [:]) == .standardError)
    }
}
