import Foundation
import Systemd
import TestSupport
import Testing

extension SystemdTests {
    /// The package as dpkg and a real systemd have it: installed, upgraded during a run, not downgraded, removed,
    /// purged.
    @Suite struct PackageTests {
        @Test func aPackageLivesAsLongAsItIsWanted() async throws {
            let folder = NSTemporaryDirectory() + "/ft-deb-" + UUID().uuidString.prefix(8)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let older = try await Self.make("0.0.1", in: folder)
            let newer = try await Self.make("0.0.2", in: folder)
            try await Self.look(at: newer)
            try await SystemdMachine.with(installs: false) { machine in
                try machine.put(older, to: "/opt/older.deb")
                try machine.put(newer, to: "/opt/newer.deb")
                let run = try await Self.begin(machine)
                try await Self.upgrade(machine, run)
                try await Self.goBack(machine)
                try await Self.remove(machine)
                try await Self.purge(machine)
            }
        }

        /// A package of what was built, made quickly.
        private static func make(_ version: String, in folder: String) async throws -> String {
            let (ending, output) = try await ChildProgram.run(
                TestSupport.repository + "/tools/make-deb.sh", [],
                environment: [
                    "BUILT": TestSupport.programs, "OUT": folder, "VERSION": version, "COMPRESSION": "none",
                    "LINTIAN": "no",
                ], seconds: 300)
            try #require(ending == .exited(0), "\(output)")
            let name = try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.contains("_\(version)_") }
            return folder + "/" + (try #require(name))
        }

        /// What the package says and has, without installing it.
        private static func look(at package: String) async throws {
            func said(_ arguments: String...) async throws -> String {
                try await ChildProgram.run("dpkg-deb", arguments).output
            }
            let depends = try await said("--field", package, "Depends")
            for name in ["libopenblas0", "libsqlite3-0", "libssl3", "libsystemd0", "libzstd1", "systemd"] {
                #expect(depends.contains(name), "\(depends)")
            }
            #expect(!depends.contains("-dev") && !depends.contains("swift"), "\(depends)")
            let control = try await said("--info", package, "conffiles")
            #expect(
                control.split(separator: "\n") == [
                    "/etc/finetuned/finetuned.toml", "/etc/finetuned/pipelines/example.toml.disabled",
                ])
            let contents = try await said("--contents", package)
            for path in [
                "/usr/lib/systemd/system/finetuned.service", "/usr/lib/sysusers.d/finetuned.conf",
                "/usr/lib/tmpfiles.d/finetuned.conf", "/usr/lib/systemd/catalog/finetuned.catalog",
                "/usr/share/man/man1/ftctl.1.gz", "/usr/share/bash-completion/completions/ftctl",
                "/usr/share/zsh/vendor-completions/_ftctl", "/usr/share/fish/vendor_completions.d/ftctl.fish",
                "/usr/libexec/finetuned/libswiftCore.so", "/usr/share/doc/finetuned/copyright",
            ] { #expect(contents.contains("." + path + "\n"), "\(path)") }
            #expect(!contents.contains("/usr/lib/debug"))
        }

        /// Installs the older one, which is started by itself, and begins a run; returns it.
        private static func begin(_ machine: SystemdMachine) async throws -> String {
            // Images of containers forbid packages to start services.
            try await machine.shell("rm -f /usr/sbin/policy-rc.d; dpkg --install /opt/older.deb 2>&1")
            #expect(try await machine.property("ActiveState") == "active")
            #expect(try await machine.property("UnitFileState") == "enabled")
            try await machine.write(TicketData.pipeline(), to: "/etc/finetuned/pipelines/tickets.toml")
            try await machine.shell("systemctl reload finetuned")
            try await machine.addBase()
            try await machine.drop(TicketData.rows(180), as: "monday.jsonl", into: "tickets")
            let started = try await machine.wait(for: .runStarted, "PIPELINE=tickets")
            return try #require(started["RUN"])
        }

        /// The daemon ends before its files are replaced, and the run goes on under the new ones.
        private static func upgrade(_ machine: SystemdMachine, _ run: String) async throws {
            try await machine.shell("dpkg --install /opt/newer.deb 2>&1")
            try await machine.wait(for: .versionPromoted, "RUN=\(run)")
            let events = try await machine.journal("SYSLOG_IDENTIFIER=finetuned").events().filter {
                ["daemon.starting", "daemon.stopped", "run.started", "run.resumed", "run.trained"].contains($0)
            }
            #expect(
                events == [
                    "daemon.starting", "run.started", "daemon.stopped", "daemon.starting", "run.resumed", "run.trained",
                ])
            let told = try await machine.shell("ftctl logs \(run) && ftctl logs tickets --json | tail -n 1")
            #expect(told.contains("starts training") && told.contains("\"PIPELINE\":\"tickets\""), "\(told)")
            let audit = try await machine.shell("ftctl audit --action bases --json")
            #expect(audit.contains("\"uid\" : 0") && audit.contains("\"outcome\" : \"done\""), "\(audit)")
            let changes = try await machine.journal("EVENT=change.asked", "FINETUNED_USER=root").records
            #expect(changes.contains { $0["FINETUNED_ACTION"] == "bases.add" && $0["FINETUNED_PID"] != nil })
            // A container keeps no clock and its kernel may have no Landlock; nothing that it finds is a fault.
            let (status, doctor) = try await machine.attempt("ftctl doctor")
            #expect(status == 0, "\(doctor)")
        }

        private static func goBack(_ machine: SystemdMachine) async throws {
            let (status, output) = try await machine.attempt("dpkg --install /opt/older.deb 2>&1")
            #expect(
                status != 0 && output.contains("finetuned 0.0.2") && output.contains("finetuned 0.0.1"), "\(output)")
            #expect(
                try await machine.shell("dpkg-query -W -f '${Version} ${Status}' finetuned")
                    == "0.0.2 install ok installed")
            try await machine.wait(property: "ActiveState", is: "active")
            try await machine.shell("ftctl status")
        }

        /// What was made stays, and is there again with the package.
        private static func remove(_ machine: SystemdMachine) async throws {
            try await machine.shell("dpkg --remove finetuned 2>&1")
            let gone = "! test -e /usr/bin/ftctl && ! test -e /usr/libexec/finetuned && ! pgrep -x finetuned"
            try await machine.shell(gone)
            try await machine.shell(
                "test -s /var/lib/finetuned/ledger.sqlite && test -s /etc/finetuned/pipelines/tickets.toml")
            try await machine.shell("dpkg --install /opt/newer.deb 2>&1")
            #expect(try await machine.shell("ftctl history tickets").contains("automatic"))
            #expect(try await machine.attempt("ftctl verify").status == 0)
        }

        /// Nothing is asked, and nothing is left but what people dropped.
        private static func purge(_ machine: SystemdMachine) async throws {
            try await machine.shell("systemctl stop finetuned")
            try await machine.shell("echo waits > /var/lib/finetuned/drop/tickets/tuesday.jsonl")
            try await machine.shell("DEBIAN_FRONTEND=noninteractive dpkg --purge finetuned 2>&1 </dev/null")
            let left = try await machine.shell(
                "find /etc/finetuned /var/lib/finetuned /run/finetuned -type f 2>/dev/null; true")
            let names = left.split(separator: "\n").map { ($0 as NSString).lastPathComponent }.sorted()
            #expect(Set(names).subtracting(["source"]) == ["name", "original", "tuesday.jsonl"], "\(left)")
            #expect(left.contains("/drop/tickets/tuesday.jsonl") && left.contains("/intake/tickets/"), "\(left)")
            try await machine.shell("! find /usr /etc/systemd -name '*finetune*' -not -path '/usr/share/doc*' | grep .")
        }
    }
}
