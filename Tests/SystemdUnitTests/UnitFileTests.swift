import Foundation
import TestSupport
import Testing

/// The unit files as they are, judged by systemd's own tools; neither needs a running systemd.
@Suite struct UnitFileTests {
    private static let folder = TestSupport.repository + "/systemd"

    /// 0.7 when written. Whoever opens the sandbox wider must say so here, and in docs/operating.md.
    @Test func theSandboxScoresSafe() async throws {
        let (ending, output) = try await ChildProgram.run(
            "systemd-analyze",
            ["security", "--offline=true", "--threshold=10", "--no-pager", Self.folder + "/finetuned.service"])
        #expect(ending == .exited(0), "\(output)")
    }

    /// With what the PyTorch engine needs, and with what launchers of clusters need: each opens what it says, and no
    /// more.
    @Test(arguments: [
        ("gpu.conf", "12", ["✗ MemoryDenyWriteExecute=", "✓ PrivateNetwork="]),
        ("cluster.conf", "15", ["✗ PrivateNetwork=", "✓ MemoryDenyWriteExecute=", "✓ PrivateDevices="]),
    ])
    func theSandboxScoresSafeForEnginesToo(_ dropIn: String, _ threshold: String, _ words: [String]) async throws {
        let copy = NSTemporaryDirectory() + "/ft-units-" + UUID().uuidString.prefix(8)
        let dropIns = copy + "/finetuned.service.d"
        try FileManager.default.createDirectory(atPath: dropIns, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.copyItem(
            atPath: Self.folder + "/finetuned.service", toPath: copy + "/finetuned.service")
        try FileManager.default.copyItem(atPath: Self.folder + "/" + dropIn, toPath: dropIns + "/" + dropIn)
        let (ending, output) = try await ChildProgram.run(
            "systemd-analyze",
            ["security", "--offline=true", "--threshold=\(threshold)", "--no-pager", copy + "/finetuned.service"])
        #expect(ending == .exited(0), "\(output)")
        // Without the drop-in these words would be others.
        for word in words { #expect(output.contains(word), "\(output)") }
    }

    /// `verify` exits with 0 even for keys it does not know, so every word that it says counts.
    @Test(arguments: ["finetuned.service", "finetuned.socket", "finetuned-api.socket", "finetuned.slice"])
    func verifyIsSilent(unit: String) async throws {
        // The program's place is checked as well; a copy of the unit names one that is there.
        let copy = NSTemporaryDirectory() + "/ft-units-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder) {
            guard ["service", "socket", "slice"].contains((name as NSString).pathExtension) else { continue }
            let text = try String(contentsOfFile: Self.folder + "/" + name, encoding: .utf8)
            try text.replacing("/usr/bin/finetuned", with: "/bin/true")
                .write(toFile: copy + "/" + name, atomically: true, encoding: .utf8)
        }
        let (ending, output) = try await ChildProgram.run(
            "systemd-analyze", ["verify", "--man=no", copy + "/" + unit],
            environment: ["SYSTEMD_UNIT_PATH": copy + ":"])
        #expect(ending == .exited(0))
        let own = output.split(separator: "\n").filter { $0.contains("finetuned") }
        #expect(own.isEmpty, "\(output)")
    }

    @Test func theServiceKeepsItsPromises() throws {
        let text = try String(contentsOfFile: Self.folder + "/finetuned.service", encoding: .utf8)
        let settings = Set(text.split(separator: "\n").map(String.init))
        for line in [
            "Type=notify", "KillMode=mixed", "Restart=on-failure", "OOMPolicy=continue", "StateDirectory=finetuned",
            "RuntimeDirectory=finetuned", "ConfigurationDirectory=finetuned", "PrivateNetwork=yes",
            "MemoryDenyWriteExecute=yes", "User=finetuned", "Group=finetuned-daemon", "UMask=0077",
            "LogRateLimitIntervalSec=1s", "LogRateLimitBurst=10000000", "Delegate=cpu io memory",
            "ProtectControlGroups=no",
        ] {
            #expect(settings.contains(line), "\(line) is gone")
        }
        #expect(text.contains("\nWatchdogSec="))
    }
}
