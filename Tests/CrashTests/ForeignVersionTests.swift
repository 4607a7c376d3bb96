import Foundation
import Ledger
import Nouns
import TestSupport
import Testing

/// A version that one daemon has trained is served by another: only after the gates were asked there, or by force.
@Suite(.serialized)
struct ForeignVersionTests {
    private struct Packed: Decodable { var sha256: String }

    @Test func aVersionIsTrainedHereAndServedThere() async throws {
        let (here, there) = (try CrashScene(), try CrashScene())
        for scene in [here, there] {
            try scene.start()
            try await scene.begin()
            try await scene.delivered()
        }
        let file = here.sandbox.root + "/tickets.ftv"
        let version = try #require(try await here.sandbox.answer([PromotionRecord].self, "history", "tickets").first)
        let id = try #require(version.version)
        _ = try await here.sandbox.answer(Packed.self, "version", "pack", id.rawValue, file)

        let added = try await there.sandbox.answer(Run.self, "version", "add", file, "--pipeline", "tickets")
        #expect(added.foreign?.version == id && added.foreign?.verdict?.hasPrefix("pass") == true)
        let again = try await there.sandbox.ftctl("version", "add", file, "--pipeline", "tickets")
        #expect(again.status == 1 && again.output.contains("was added before"), "\(again.output)")
        let watched = try await there.sandbox.ftctl("watch", added.id.rawValue, seconds: 300)
        let judged = try await there.sandbox.answer(Run.self, "run", "show", added.id.rawValue)
        #expect(judged.verdict != nil, "\(watched.output) \(there.log)")
        let listed = try await there.sandbox.ftctl("version", "list", "tickets").output
        #expect(listed.contains("foreign"), "\(listed)")

        try await serve(judged, there)
        let served = try #require(try await there.sandbox.answer([PromotionRecord].self, "history", "tickets").first)
        #expect(served.run == judged.id)
        #expect(try await there.sandbox.ftctl("verify").status == 0)
        let audit = try await there.sandbox.answer([AuditRecord].self, "audit", "--action", "versions.add")
        #expect(audit.map(\.outcome) == ["version.exists", "done"] && audit.allSatisfy { $0.pid != nil })
        there.daemon?.signal(SIGTERM)
        here.daemon?.signal(SIGTERM)
    }

    /// Where its gates have not passed, no way but force leads to its being served.
    private func serve(_ run: Run, _ scene: CrashScene) async throws {
        guard ![.promoted, .delivered, .accepted].contains(run.state) else {
            #expect(
                try await TestSupport.eventually {
                    try await scene.sandbox.answer([PromotionRecord].self, "history", "tickets").first?.run == run.id
                })
            return
        }
        let ledger = try Ledger(path: scene.sandbox.layout.ledger)
        let id = try #require(try ledger.versions("tickets").first { $0.foreign != nil }?.id)
        let back = try await scene.sandbox.ftctl("rollback", "tickets", "--to", id.rawValue, "--reason", "try")
        #expect(back.status == 1 && back.output.contains("never served here"), "\(back.output)")
        let unforced = try await scene.sandbox.ftctl("promote", run.id.rawValue, "--reason", "try")
        #expect(unforced.status == 1, "\(unforced.output)")
        let forced = try await scene.sandbox.ftctl("promote", run.id.rawValue, "--force", "--reason", "it is known")
        #expect(forced.status == 0, "\(forced.output)")
    }
}
