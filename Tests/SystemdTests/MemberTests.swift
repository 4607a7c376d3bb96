import Foundation
import TestSupport
import Testing

extension SystemdTests {
    /// What a member of group finetuned can do on the installed service, beside asking it.
    @Suite struct MemberTests {
        private static let state = "/var/lib/finetuned"

        /// Files of the state that a member can read or list; each is a hole.
        private func readable(_ machine: SystemdMachine) async throws -> String {
            try await machine.shell(
                """
                find \(Self.state) -path \(Self.state)/drop -prune -o -print > /tmp/all; chmod 644 /tmp/all
                test $(wc -l < /tmp/all) -gt 10
                runuser -u alice -- sh -c 'while read -r path; do
                    if [ -d "$path" ]; then ls "$path" >/dev/null 2>&1 && echo "$path"
                    else head -c 1 "$path" >/dev/null 2>&1 && echo "$path"; fi
                done < /tmp/all; true'
                """)
        }

        @Test func aMemberReadsNothingOfTheStateAndDropsAllTheSame() async throws {
            try await SystemdMachine.with(pipelines: ["tickets": "base = \"none\"\n"]) { machine in
                try await machine.shell("systemctl start finetuned")
                try await machine.drop("not json\n", as: "bad.jsonl", into: "tickets")
                try await machine.wait(for: .dropQuarantined, "PIPELINE=tickets")
                #expect(try await readable(machine) == "")
                #expect(try await machine.shell("id finetuned; runuser -u alice -- ftctl status").contains("tickets"))
                // Written in place, by a program that keeps what it writes to itself as far as it can.
                try await machine.shell(
                    """
                    runuser -u alice -- sh -c 'umask 077; echo "not json either" > \(Self.state)/drop/tickets/own.jsonl'
                    """)
                try await machine.wait(for: .dropQuarantined, "PIPELINE=tickets", atLeast: 2)
                try await machine.shell("echo '{' > /home/alice/c.jsonl; chown alice: /home/alice/c.jsonl")
                try await machine.shell("cd /home/alice; runuser -u alice -- ftctl drop tickets c.jsonl")
                try await machine.wait(for: .dropQuarantined, "PIPELINE=tickets", atLeast: 3)
            }
        }

        @Test func aMemberAddsFilesAndNothingElse() async throws {
            try await SystemdMachine.with(pipelines: ["tickets": "base = \"none\"\n", "other": "base = \"none\"\n"]) {
                machine in
                // Nothing is taken while it is looked at.
                try await machine.write("quiet_seconds = 3600\n", to: "/etc/finetuned/finetuned.toml")
                try await machine.shell("systemctl start finetuned; useradd -m -G finetuned alice; useradd -m bob")
                try await machine.shell("usermod -aG finetuned bob; useradd mallory")
                try await machine.waitForFolder("tickets")
                try await machine.waitForFolder("other")
                let drop = Self.state + "/drop"
                try await machine.shell("runuser -u bob -- sh -c 'echo bob > \(drop)/tickets/bob.part'")
                for forbidden in [
                    "mv \(drop)/tickets \(drop)/moved", "rmdir \(drop)/tickets", "rm -rf \(drop)/tickets",
                    "ln -sfnT \(Self.state)/models \(drop)/tickets", "mv -T \(drop)/other \(drop)/tickets",
                    "mkdir \(drop)/new", "touch \(drop)/file", "chmod 777 \(drop)/tickets",
                    "mv \(drop)/tickets/bob.part \(drop)/tickets/mine", "rm -f \(drop)/tickets/bob.part",
                    "cat \(drop)/tickets/bob.part", "sh -c 'echo x >> \(drop)/tickets/bob.part'", "ls \(Self.state)",
                    "touch \(Self.state)/file",
                ] {
                    let (status, output) = try await machine.attempt("runuser -u alice -- \(forbidden)")
                    #expect(status != 0, "\(forbidden): \(output)")
                }
                #expect(try await machine.shell("cat \(drop)/tickets/bob.part; ls \(drop)") == "bob\nother\ntickets\n")
                try await machine.shell("runuser -u alice -- sh -c 'echo > \(drop)/tickets/a.part; ls \(drop)/tickets'")
                try await machine.shell("runuser -u alice -- rm \(drop)/tickets/a.part")
                #expect(try await machine.attempt("runuser -u mallory -- ls \(drop)").status != 0)
            }
        }

        /// State as an earlier version left it: of group finetuned, and open to it.
        @Test func anUpgradeClosesTheStateOnce() async throws {
            try await SystemdMachine.with(pipelines: ["tickets": "base = \"none\"\n"]) { machine in
                try await machine.shell("systemctl start finetuned")
                try await machine.drop("not json\n", as: "bad.jsonl", into: "tickets")
                try await machine.wait(for: .dropQuarantined, "PIPELINE=tickets")
                let drop = Self.state + "/drop"
                try await machine.shell(
                    """
                    systemctl stop finetuned; rm \(Self.state)/private
                    setfacl -Rbk \(Self.state) 2>/dev/null || true
                    chgrp -R finetuned \(Self.state); chmod -R u+rwX,g+rX \(Self.state); chmod 750 \(Self.state)
                    chmod 2770 \(drop) \(drop)/tickets
                    ln -s /etc/shadow \(Self.state)/quarantine/link; chmod 600 /etc/shadow
                    """)
                #expect(try await readable(machine) != "", "the earlier version was open")
                try await machine.shell("systemctl start finetuned")
                #expect(try await readable(machine) == "")
                #expect(
                    try await machine.shell("find \(Self.state) -user finetuned -group finetuned ! -type l") == "")
                #expect(try await machine.shell("stat -c '%U %a' /etc/shadow") == "root 600\n")
                try await machine.drop("not json 2\n", as: "bad2.jsonl", into: "tickets")
                try await machine.wait(for: .dropQuarantined, "PIPELINE=tickets", atLeast: 2)
                #expect(try await machine.attempt("runuser -u alice -- mv \(drop)/tickets \(drop)/x").status != 0)
                // What the administrator opens afterwards stays open.
                try await machine.shell("chmod 755 \(Self.state)/quarantine/tickets; systemctl restart finetuned")
                #expect(try await machine.shell("stat -c %a \(Self.state)/quarantine/tickets") == "755\n")
            }
        }
    }
}
