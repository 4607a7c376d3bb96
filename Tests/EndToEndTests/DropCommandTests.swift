import ControlProtocol
import Foundation
import Nouns
import TestSupport
import Testing

/// Files that `ftctl` puts into a drop folder, with a daemon that takes them.
struct DropCommandTests {
    private static func rows(_ count: Int, bad: Int = 0) -> String {
        (0..<count).map { "{\"prompt\": \"q\($0) of \(count)\", \"completion\": \($0 < bad ? "7" : "\"a\"")}\n" }
            .joined()
    }

    private static func settings(share: Double) -> String {
        "base = \"absent\"\n[data]\nmaximum_bad_share = \(share)\n[trigger]\nmanual_only = true\n"
    }

    @Test func whatIsDroppedIsWaitedForAndRetriedOnceItsReasonIsMended() async throws {
        let sandbox = try Sandbox()
        // A file that is renamed into the folder needs no quiet time, so that an hour of it does not matter.
        try sandbox.settings("quiet_seconds = 3600\n")
        try sandbox.pipeline("tickets", Self.settings(share: 0.1))
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        #expect(try await sandbox.ready())
        let good = sandbox.root + "/good.jsonl"
        try Self.rows(20).write(toFile: good, atomically: true, encoding: .utf8)
        let bad = sandbox.root + "/bad.jsonl"
        try Self.rows(30, bad: 15).write(toFile: bad, atomically: true, encoding: .utf8)

        let dropped = try await sandbox.ftctl("drop", "tickets", good, "--wait")
        #expect(dropped.status == 0 && dropped.output.contains("is stored"), "\(dropped.output)")
        let refused = try await sandbox.ftctl("drop", "add", "tickets", bad, "--wait")
        #expect(refused.status == 1 && refused.output.contains("is quarantined"), "\(refused.output)")
        #expect(FileManager.default.fileExists(atPath: good), "a copy is dropped")

        let drops = try await sandbox.answer([Drop].self, "drops")
        let quarantined = try #require(drops.first { $0.state == .quarantined })
        let stored = try #require(drops.first { $0.state == .stored })
        #expect(quarantined.name == "bad.jsonl" && stored.name == "good.jsonl")
        let again = try await sandbox.ftctl("drop", "retry", quarantined.id.rawValue)
        #expect(again.status == 1, "nothing was mended: \(again.output)")
        let wrong = try await sandbox.ftctl("drop", "retry", stored.id.rawValue)
        #expect(wrong.status == 1 && wrong.output.contains("is not quarantined"), "\(wrong.output)")

        try sandbox.pipeline("tickets", Self.settings(share: 0.9))
        daemon.signal(SIGHUP)
        #expect(
            try await TestSupport.eventually {
                try await sandbox.ftctl("drop", "retry", quarantined.id.rawValue).status == 0
            })
        let mended = try await sandbox.answer([Drop].self, "drops").filter { $0.name == "bad.jsonl" }
        #expect(mended.contains { $0.state == .stored && $0.rowsAccepted == 15 })
        #expect(mended.contains { $0.id == quarantined.id && $0.state == .quarantined })
        let left = try FileManager.default.contentsOfDirectory(atPath: sandbox.layout.drop("tickets"))
        #expect(left.isEmpty, "\(left)")
    }

    @Test func aFolderIsDroppedWhole() async throws {
        let sandbox = try Sandbox()
        try sandbox.settings("quiet_seconds = 3600\n")
        try sandbox.pipeline("tickets", Self.settings(share: 0.5))
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        #expect(try await sandbox.ready())
        let folder = sandbox.root + "/batch"
        try FileManager.default.createDirectory(atPath: folder + "/inner", withIntermediateDirectories: true)
        try Self.rows(12).write(toFile: folder + "/a.jsonl", atomically: true, encoding: .utf8)
        try Self.rows(13).write(toFile: folder + "/inner/b.jsonl", atomically: true, encoding: .utf8)
        try "read me".write(toFile: folder + "/README.pdf", atomically: true, encoding: .utf8)
        let dropped = try await sandbox.ftctl("drop", "tickets", folder + "/", "--wait", "--json")
        #expect(dropped.status == 0, "\(dropped.output)")
        let drop = try #require(try await sandbox.answer([Drop].self, "drops").first)
        #expect(drop.name == "batch" && drop.rowsAccepted == 25)
        let report = try await sandbox.answer(IntakeReport.self, "drop", drop.id.rawValue)
        #expect(report.problems.contains { $0.code == "file_ignored" }, "what is left aside is named")

        // A link inside is refused before anything is dropped, and nothing is left behind.
        try FileManager.default.createSymbolicLink(atPath: folder + "/link.jsonl", withDestinationPath: "/etc/passwd")
        let refused = try await sandbox.ftctl("drop", "tickets", folder)
        #expect(refused.status == 1 && refused.output.contains("symbolic link"), "\(refused.output)")
        let left = try FileManager.default.contentsOfDirectory(atPath: sandbox.layout.drop("tickets"))
        #expect(left.isEmpty, "\(left)")
        let unknown = try await sandbox.ftctl("drop", "nobody", folder)
        #expect(unknown.status == 1 && unknown.output.contains("There is no pipeline 'nobody'"), "\(unknown.output)")
    }
}
