import Foundation
import Nouns
import TestSupport
import Testing

/// Everything is lost but a backup that was made while the daemon was at work.
@Suite(.serialized)
struct LosingTests {
    private struct Report: Decodable {
        var id: String
        var files: Int
        var addedFiles: Int
    }

    @Test func aBackupOfADaemonAtWorkBringsEverythingBack() async throws {
        let scene = try CrashScene()
        let folder = scene.sandbox.root + "-backups"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try scene.start()
        try await scene.begin()
        try await scene.delivered()
        let first = try await scene.sandbox.answer(Report.self, "backup", folder)
        // The second one is made while a further drop is on its way.
        try scene.drop("second.jsonl", from: 1000)
        let second = try await scene.sandbox.answer(Report.self, "backup", folder)
        #expect(second.id != first.id && second.addedFiles < second.files, "\(first), \(second)")
        let served = try #require(try await scene.sandbox.answer([PromotionRecord].self, "history", "tickets").last)
        let refused = try await scene.sandbox.ftctl("restore", folder)
        #expect(refused.status == 1 && refused.output.contains("daemon has this state"), "\(refused.output)")

        try await lose(scene)
        let restored = try await scene.sandbox.ftctl("restore", folder)
        #expect(restored.status == 0, "\(restored.output)")
        try scene.start()
        try #require(try await scene.sandbox.ready(), "\(scene.log)")
        // What was under way goes on from where it was.
        try await scene.delivered(runs: 2)
        let verified = try await scene.sandbox.ftctl("verify")
        #expect(verified.status == 0, "\(verified.output)")
        // How it does on new rows and how it stands in the stream are no part of the record.
        var kept = try await scene.sandbox.answer([PromotionRecord].self, "history", "tickets").last
        kept?.newRows = served.newRows
        kept?.standing = served.standing
        #expect(kept == served)
        try await scene.verify(promotions: 2, drops: 2)

        // The older backup is as whole as the newer one.
        try await lose(scene)
        let older = try await scene.sandbox.ftctl("restore", folder, "--backup", first.id)
        #expect(older.status == 0, "\(older.output)")
        try scene.start()
        try #require(try await scene.sandbox.ready(), "\(scene.log)")
        #expect(try await scene.sandbox.answer([Run].self, "runs").count == 1)
        #expect(try await scene.sandbox.ftctl("verify").status == 0)
        try await scene.verify()
    }

    private func lose(_ scene: CrashScene) async throws {
        try await scene.killDaemon()
        for path in ["etc", "var", "run"] {
            try? FileManager.default.removeItem(atPath: scene.sandbox.root + "/" + path)
        }
    }
}
