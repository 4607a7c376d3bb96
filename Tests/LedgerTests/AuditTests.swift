import Foundation
import Ledger
import Nouns
import TestSupport
import Testing

/// The record of changes, and copies of a ledger that is in use.
struct AuditTests {
    let sandbox: Sandbox
    let ledger: Ledger

    init() throws {
        sandbox = try Sandbox()
        ledger = try Ledger(path: sandbox.layout.ledger)
    }

    private func record(_ action: String, _ subject: String, at seconds: Double) -> AuditRecord {
        AuditRecord(
            at: Date(timeIntervalSince1970: seconds), action: action, subject: subject, who: "ada", owner: "uid:7",
            uid: 7, pid: 11)
    }

    @Test func aChangeIsOpenUntilItsEndIsKnown() throws {
        let number = try ledger.begin(record("runs.pause", "r-1", at: 10))
        func all() throws -> [AuditRecord] {
            try ledger.audit(user: nil, action: nil, subject: nil, since: nil, limit: 10)
        }
        var expected = record("runs.pause", "r-1", at: 10)
        expected.sequence = number
        #expect(try all() == [expected] && expected.outcome == AuditRecord.open)
        try ledger.end(audit: number, detail: "words", outcome: AuditRecord.done)
        (expected.detail, expected.outcome) = ("words", AuditRecord.done)
        #expect(try all() == [expected])
    }

    @Test func subjectsAreWholeWords() throws {
        _ = try ledger.begin(record("versions.annotate", "tickets v-12", at: 10))
        func count(_ subject: String) throws -> Int {
            try ledger.audit(user: nil, action: nil, subject: subject, since: nil, limit: 10).count
        }
        #expect(try count("v-12") == 1 && count("tickets") == 1 && count("tickets v-12") == 1)
        #expect(try count("v-1") == 0 && count("ticket") == 0)
    }

    /// What is written while the copy is made is in it whole or not at all, and the copy is a ledger of its own.
    @Test func aLedgerInUseIsCopied() throws {
        let number = try ledger.begin(record("runs.pause", "r-1", at: 10))
        let path = sandbox.root + "/copy.sqlite"
        try ledger.copy(to: path)
        try ledger.end(audit: number, detail: "", outcome: AuditRecord.done)
        let copy = try Ledger(path: path)
        let there = try copy.audit(user: nil, action: nil, subject: nil, since: nil, limit: 10)
        #expect(there.map(\.outcome) == [AuditRecord.open])
        try copy.close()
        let log = FileManager.default.contents(atPath: path + "-wal") ?? Data()
        #expect(log.isEmpty, "the file alone is the whole copy")
    }

    @Test func aCopyThatCannotBeMadeLeavesNothing() throws {
        let path = sandbox.root + "/no/copy.sqlite"
        #expect(throws: (any Error).self) { try ledger.copy(to: path) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
