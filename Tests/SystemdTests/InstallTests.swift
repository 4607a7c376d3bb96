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
            #expect(bytes > 1 << 20 && bytes <= 80 << 20, "\(bytes) bytes are installed")
        }

        /// A copy of the memory of the installed daemon, which has neither symbols nor unwind tables, read with the
        /// debug files that are installed apart and found by the program's build id.
        @Test func aCoreNamesItsFunctions() async throws {
            let stage = NSTemporaryDirectory() + "/ft-core-" + UUID().uuidString.prefix(8)
            defer { try? FileManager.default.removeItem(atPath: stage) }
            let environment = ["DESTDIR": stage, "BUILT": TestSupport.programs]
            let (ending, output) = try await ChildProgram.run(
                TestSupport.repository + "/tools/install.sh", [], environment: environment)
            #expect(ending == .exited(0), "\(output)")
            let program = stage + "/usr/libexec/finetuned/finetuned"
            let sandbox = try Sandbox()
            let daemon = try ChildProgram(program, ["--root", sandbox.root], output: sandbox.root + "/daemon.log")
            defer { daemon.signal(SIGKILL) }
            #expect(try await sandbox.ready())
            let kept = try await ChildProgram.run("gcore", ["-o", stage + "/core", "\(daemon.pid)"])
            #expect(kept.ending == .exited(0), "\(kept.output)")
            let read = try await ChildProgram.run(
                "gdb",
                [
                    "-batch", "-ex", "set debug-file-directory \(stage)/usr/lib/debug", "-ex", "file \(program)",
                    "-ex", "core-file \(stage)/core.\(daemon.pid)", "-ex", "thread apply all backtrace",
                ])
            // A function of ours with its file, and what called it.
            let lines = read.output.split(separator: "\n")
            let own = lines.firstIndex { $0.contains("ThreadExecutor") && $0.contains("ThreadExecutor.swift:") }
            let caller = own.flatMap { lines.indices.contains($0 + 1) ? lines[$0 + 1] : nil } ?? ""
            #expect(caller.contains("Foundation") && caller.contains("Thread"), "\(read.output)")
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
