import Foundation
import TestSupport
import Testing

extension SystemdTests {
    /// What `make install` leaves, seen by a systemd that has just booted.
    @Suite struct InstallTests {
        @Test func everythingIsInItsPlace() async throws {
            try await SystemdMachine.with { machine in
                // Silent on units, users and folders; `verify` exits with 0 whatever it finds.
                #expect(try await machine.shell("systemd-analyze verify finetuned.service finetuned.socket 2>&1") == "")
                #expect(try await machine.shell("systemd-tmpfiles --create finetuned.conf 2>&1") == "")
                #expect(try await machine.shell("systemd-sysusers finetuned.conf 2>&1") == "")
                try await machine.shell("systemctl start finetuned")
                #expect(
                    try await machine.shell("cd /var/lib/finetuned; stat -c '%A %U %G' . drop ledger.sqlite runs")
                        == """
                        drwx--x--- finetuned finetuned-daemon
                        drwxr-x--- finetuned finetuned-daemon
                        -rw------- finetuned finetuned-daemon
                        drwx------ finetuned finetuned-daemon

                        """)
                #expect(try await machine.shell("stat -c %U:%G:%a /etc/finetuned/pipelines") == "root:root:755\n")
                #expect(try await machine.shell("journalctl --list-catalog").contains("finetuned: "))
                // No program finds a library outside its own folder and the system's.
                for program in ["finetuned", "finetune-worker", "ftctl"] {
                    let libraries = try await machine.shell("ldd $(readlink -f /usr/bin/\(program))")
                    #expect(!libraries.contains("not found"), "\(libraries)")
                    #expect(libraries.contains("/usr/libexec/finetuned/"), "\(libraries)")
                }
            }
        }

        @Test func uninstallingLeavesTheSettingsAlone() async throws {
            let stage = NSTemporaryDirectory() + "/ft-stage-" + UUID().uuidString.prefix(8)
            defer { try? FileManager.default.removeItem(atPath: stage) }
            let environment = ["DESTDIR": stage, "BUILT": TestSupport.programs]
            for script in ["install.sh", "uninstall.sh"] {
                let (ending, output) = try await ChildProgram.run(
                    TestSupport.repository + "/tools/" + script, [], environment: environment)
                #expect(ending == .exited(0), "\(output)")
                if script == "install.sh" { try await holdsItsSize(stage) }
            }
            let left = try await ChildProgram.run("find", [stage, "!", "-type", "d"]).output
            #expect(left == stage + "/etc/finetuned/finetuned.toml\n")
        }

        /// All that is installed without debug files, which a package has apart.
        private func holdsItsSize(_ stage: String) async throws {
            let sizes = try await ChildProgram.run(
                "find", [stage, "-type", "f", "!", "-path", "*/lib/debug/*", "-printf", "%s\n"]
            ).output
            let bytes = sizes.split(separator: "\n").compactMap { Int($0) }.reduce(0, +)
            #expect(bytes > 1 << 20 && bytes <= 88 << 20, "\(bytes) bytes are installed")
        }

        @Test func installingAgainKeepsSettings() async throws {
            try await SystemdMachine.with(settings: "# mine\n") { machine in
                let (ending, output) = try await machine.install()
                #expect(ending == .exited(0), "\(output)")
                #expect(try await machine.shell("cat /etc/finetuned/finetuned.toml") == "# mine\n")
            }
        }
    }
}
