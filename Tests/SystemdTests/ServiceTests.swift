import Foundation
import Systemd
import TestSupport
import Testing

extension SystemdTests {
    /// What systemd does with the daemon, without any training.
    @Suite struct ServiceTests {
        @Test func aHungDaemonIsRestartedByTheWatchdog() async throws {
            try await SystemdMachine.with(dropIn: "WatchdogSec=2\nTimeoutAbortSec=1\n") { machine in
                try await machine.shell("systemctl start finetuned")
                let first = try await machine.property("MainPID")
                // Alive, it is left alone for longer than the watchdog's time.
                try await Task.sleep(for: .seconds(4))
                #expect(try await machine.property("NRestarts") == "0")
                try await machine.shell("kill -STOP \(first)")
                try await machine.wait(property: "NRestarts", is: "1", seconds: 240)
                try await machine.wait(property: "ActiveState", is: "active", seconds: 240)
                #expect(try await machine.property("MainPID") != first)
                #expect(try await machine.shell("journalctl -q -u finetuned -o cat").contains("Watchdog timeout"))
                try await machine.wait(for: .daemonStarted, atLeast: 2)
                try await machine.shell("ftctl status")
            }
        }

        @Test func aKilledDaemonIsRestartedAndAnswers() async throws {
            try await SystemdMachine.with { machine in
                try await machine.shell("systemctl start finetuned")
                try await machine.shell("kill -KILL $(systemctl show finetuned -P MainPID)")
                try await machine.wait(property: "NRestarts", is: "1", seconds: 240)
                try await machine.wait(property: "ActiveState", is: "active", seconds: 240)
                try await machine.shell("ftctl status")
            }
        }

        @Test func reloadingPutsNewSettingsInForce() async throws {
            try await SystemdMachine.with(pipelines: ["broken": "base = 7\nbsae = \"x\"\n"]) { machine in
                // A faulty pipeline stops itself only.
                try await machine.shell("systemctl start finetuned")
                let fault = try await machine.wait(for: .settingsInvalid)
                #expect(fault["MESSAGE"]?.contains("broken.toml") == true)
                #expect(fault["PRIORITY"] == "3")
                try await machine.write(TicketData.pipeline(), to: "/etc/finetuned/pipelines/tickets.toml")
                try await machine.shell("rm /etc/finetuned/pipelines/broken.toml; systemctl reload finetuned")
                try await machine.wait(for: .daemonReloaded)
                #expect(try await machine.shell("ftctl pipelines").contains("tickets"))
                // A fault that comes later changes nothing of what is in force, and is there to be seen.
                try await machine.write("base = \n", to: "/etc/finetuned/pipelines/tickets.toml")
                try await machine.shell("systemctl reload finetuned")
                try await machine.wait(for: .daemonReloaded, atLeast: 2)
                #expect(try await machine.shell("ftctl pipelines").contains("tickets"))
                #expect(try await machine.shell("ftctl status").contains("its former settings stay in force"))
                // The daemon makes the folder, and a member of the group can drop into it.
                try await machine.drop("not json\n", as: "bad.jsonl", into: "tickets")
                let quarantined = try await machine.wait(for: .dropQuarantined, "PIPELINE=tickets")
                #expect(quarantined["DROP"] != nil)
            }
        }

        @Test func settingsThatCannotBeReadAreNotTriedForEver() async throws {
            try await SystemdMachine.with(settings: "log_level = \"chatty\n") { machine in
                let (status, _) = try await machine.attempt("systemctl start finetuned")
                #expect(status != 0)
                try await Task.sleep(for: .seconds(3))
                #expect(try await machine.property("NRestarts") == "0")
                #expect(try await machine.property("ExecMainStatus") == "78")
                let failed = try await machine.wait(for: .daemonFailed)
                #expect(failed["MESSAGE"]?.contains("finetuned.toml") == true, "\(failed)")
                #expect(failed["PRIORITY"] == "2")
            }
        }

        @Test func aSocketFromSystemdOutlivesTheDaemon() async throws {
            try await SystemdMachine.with { machine in
                try await machine.shell("systemctl start finetuned.socket")
                #expect(try await machine.property("ActiveState") == "inactive")
                // The first command starts the daemon.
                try await machine.shell("ftctl status")
                #expect(try await machine.property("ActiveState") == "active")
                try await machine.wait(for: .socketAdopted)
                // While it restarts, commands wait instead of failing.
                try await machine.shell(
                    """
                    systemctl restart finetuned --no-block
                    for i in 1 2 3 4 5; do ftctl status || exit 1; done
                    """)
                try await machine.shell(
                    "systemctl stop finetuned; test -S /run/finetuned/finetuned.sock; ftctl status")
            }
        }

        @Test func strangersMayNotAsk() async throws {
            try await SystemdMachine.with { machine in
                try await machine.shell("systemctl start finetuned; useradd mallory; useradd -G finetuned alice")
                try await machine.shell("runuser -u alice -- ftctl status")
                let (status, output) = try await machine.attempt("runuser -u mallory -- ftctl status")
                #expect(status == 77)
                #expect(output.contains("usermod -aG finetuned"), "\(output)")
                #expect(try await machine.attempt("runuser -u mallory -- ls /var/lib/finetuned").status != 0)
            }
        }
    }
}
