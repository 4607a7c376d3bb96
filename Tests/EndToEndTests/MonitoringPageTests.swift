import Foundation
import TestSupport
import Testing

/// The commands of docs/monitoring, run against a daemon as they stand there.
struct MonitoringPageTests {
    @Test func everyCommandOfThePageDoesWhatItSays() async throws {
        let sandbox = try Sandbox()
        try sandbox.pipeline("tickets", "base = \"absent\"\n[trigger]\nmanual_only = true\n")
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        #expect(try await sandbox.ready())
        let blocks = try PageSnippets("docs/monitoring/README.md").shell
        let hasPromtool = FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool")
        #expect(blocks.count == 4)
        for (index, block) in blocks.enumerated() where hasPromtool || !block.contains("promtool") {
            let (ending, output) = try await PageSnippets.run(block, sandbox)
            #expect(ending == .exited(0), "block \(index): \(output)")
            if index == 0 { #expect(output.matches(of: /(?m)^finetuned_ready 1$/).count == 2, "\(output)") }
        }
        let written = try String(contentsOfFile: sandbox.root + "/finetuned.prom", encoding: .utf8)
        #expect(written.contains("finetuned_drops_total{pipeline=\"tickets\",outcome=\"stored\"} 0\n"))
    }
}
