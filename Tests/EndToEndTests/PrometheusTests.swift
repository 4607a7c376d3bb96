import Foundation
import Nouns
import TestSupport
import Testing

/// Debian's Prometheus reads the daemon's metrics over TCP, as docs/monitoring says.
struct PrometheusTests {
    private static let program = "/usr/bin/prometheus"
    private static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) }

    @Test(.enabled(if: isThere, "prometheus is not there: tools/install-deps.sh test installs Debian's package"))
    func itScrapesTheListenerWithAReadersToken() async throws {
        let sandbox = try Sandbox()
        let (port, own) = try (Self.freePort(), Self.freePort())
        try sandbox.settings("[api]\nlisten = \"127.0.0.1:\(port)\"\nloopback = \"none\"\n")
        try sandbox.pipeline("tickets", "base = \"absent\"\n")
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        #expect(try await sandbox.ready())
        let shown = try await sandbox.ftctl("token", "add", "prometheus", "--read")
        let token = try #require(shown.output.split(separator: "\n").first.map(String.init))

        // Without a token there is nothing to be seen.
        let (_, stranger) = try await ChildProgram.run(
            "/usr/bin/curl", ["--silent", "--include", "http://127.0.0.1:\(port)/metrics"])
        #expect(stranger.contains(" 401 ") && !stranger.contains("finetuned_ready"), "\(stranger)")

        try token.write(toFile: sandbox.root + "/token", atomically: true, encoding: .utf8)
        let shownSettings = try #require(PageSnippets("docs/monitoring/README.md").of("yaml").first)
        let configuration = shownSettings.replacing("/etc/prometheus/finetuned.token", with: sandbox.root + "/token")
            .replacing("127.0.0.1:8484", with: "127.0.0.1:\(port)")
            .replacing("docs/monitoring", with: TestSupport.repository + "/docs/monitoring")
        try ("global: {scrape_interval: 1s}\n" + configuration).write(
            toFile: sandbox.root + "/prometheus.yml", atomically: true, encoding: .utf8)
        let prometheus = try ChildProgram(
            Self.program,
            [
                "--config.file=\(sandbox.root)/prometheus.yml", "--storage.tsdb.path=\(sandbox.root)/tsdb",
                "--web.listen-address=127.0.0.1:\(own)",
            ], output: sandbox.root + "/prometheus.log")
        defer { prometheus.signal(SIGKILL) }
        let query = "http://127.0.0.1:\(own)/api/v1/query?query=finetuned_ready"
        var answer = ""
        let isScraped = try await TestSupport.eventually {
            answer = try await ChildProgram.run("/usr/bin/curl", ["--silent", query]).output
            return answer.contains(#""__name__":"finetuned_ready""#) || !prometheus.isRunning
        }
        #expect(isScraped && answer.contains(#","1"]"#), "\(answer) \(prometheus.output.suffix(2000))")
    }

    /// A port of this machine that nobody has.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw Failure(code: "test.port", "There is no free port: \(errno).") }
        return UInt16(bigEndian: address.sin_port)
    }
}
