import Foundation
import TestSupport
import Testing

/// The commands of docs/monitoring, run against a daemon as they stand there.
struct MonitoringPageTests {
    /// The shell commands of a page, a block each.
    private static func blocks(_ page: String) throws -> [String] {
        try String(contentsOfFile: TestSupport.repository + page, encoding: .utf8)
            .matches(of: /(?s)```sh\n(.*?)```/).map { String($0.output.1) }
    }

    @Test func everyCommandOfThePageDoesWhatItSays() async throws {
        let sandbox = try Sandbox()
        try sandbox.pipeline("tickets", "base = \"absent\"\n[trigger]\nmanual_only = true\n")
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        #expect(try await sandbox.ready())
        let blocks = try Self.blocks("/docs/monitoring/README.md")
        let hasPromtool = FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool")
        #expect(blocks.count == 4)
        for (index, block) in blocks.enumerated() where hasPromtool || !block.contains("promtool") {
            let text = block.replacing("/run/finetuned/finetuned.sock", with: sandbox.layout.socket)
                .replacing("/var/lib/prometheus/node-exporter", with: sandbox.root)
            let (ending, output) = try await ChildProgram.run(
                "/bin/sh", ["-ec", "cd '\(TestSupport.repository)'; PATH='\(TestSupport.programs)':$PATH; \(text)"],
                environment: ["FINETUNED_ROOT": sandbox.root])
            #expect(ending == .exited(0), "block \(index): \(output)")
            if index == 0 { #expect(output.matches(of: /(?m)^finetuned_ready 1$/).count == 2, "\(output)") }
        }
        let written = try String(contentsOfFile: sandbox.root + "/finetuned.prom", encoding: .utf8)
        #expect(written.contains("finetuned_drops_total{pipeline=\"tickets\",outcome=\"stored\"} 0\n"))
    }
}
