import Foundation
import TestSupport
import Testing

extension SystemdTests {
    /// Who may ask the installed service, and how.
    @Suite struct AccessTests {
        private static let hook = #"""
            base = "none"
            [delivery]
            writable = ["/var/lib/finetuned/hooks"]
            [delivery.hooks]
            quarantined = ["/bin/sh", "-c", """
            exec > /var/lib/finetuned/hooks/asked 2>&1
            ftctl drops
            head -c 6 /var/lib/finetuned/ledger.sqlite
            echo > /var/lib/finetuned/runs/made
            ftctl gc
            (setsid sh -c 'sleep 1; ftctl drops; echo done' &)
            """]

            """#

        @Test func groupsDecideWhatSomebodyMay() async throws {
            try await SystemdMachine.with { machine in
                try await machine.shell(
                    """
                    useradd -G finetuned alice; useradd -G finetuned-admin bob; useradd mallory
                    systemctl start finetuned
                    runuser -u alice -- ftctl status
                    runuser -u bob -- ftctl status
                    """)
                let (status, output) = try await machine.attempt("runuser -u alice -- ftctl gc")
                #expect(status == 77)
                #expect(output.contains("usermod -aG finetuned-admin alice"), "\(output)")
                // A member of the admins' group alone gets in, and may.
                try await machine.shell("runuser -u bob -- ftctl gc")
                #expect(try await machine.attempt("runuser -u mallory -- ftctl status").status == 77)
                // The same where systemd holds the socket.
                try await machine.shell(
                    """
                    systemctl stop finetuned; systemctl start finetuned.socket finetuned
                    runuser -u alice -- ftctl status; runuser -u bob -- ftctl gc
                    """)
                #expect(try await machine.attempt("runuser -u mallory -- ftctl status").status == 77)
            }
        }

        /// What the daemon starts may not ask it, also when its parent has ended.
        @Test(arguments: [false, true])
        func hooksAskOnlyWhereTheyMay(mayAsk: Bool) async throws {
            let settings = Self.hook + (mayAsk ? "may_use_ftctl = true\n" : "")
            try await SystemdMachine.with(pipelines: ["tickets": settings]) { machine in
                try await machine.shell("systemctl start finetuned")
                try await machine.drop("not json\n", as: "bad.jsonl", into: "tickets")
                var asked = ""
                _ = try await TestSupport.eventually {
                    asked = try await machine.attempt("cat /var/lib/finetuned/hooks/asked").output
                    return asked.contains("done")
                }
                // Once by itself, once by a process whose parent has ended.
                func count(_ text: String) -> Int { asked.split(separator: "\n").count { $0.contains(text) } }
                #expect(count("bad.jsonl") == (mayAsk ? 2 : 0), "\(asked)")
                #expect(count("Programs that the daemon starts") == (mayAsk ? 0 : 3), "\(asked)")
                // The kernel holds it to what is its pipeline's, where it can.
                if try await machine.journal("EVENT=sandbox.partial").records.isEmpty {
                    #expect(!asked.contains("SQLite"), "\(asked)")
                    #expect(try await machine.attempt("test -e /var/lib/finetuned/runs/made").status != 0)
                }
                // To change anything is not for hooks.
                #expect(asked.contains("finetuned-admin") == mayAsk, "\(asked)")
            }
        }

        @Test func theServiceNeedsNoNetworkToBeAskedOverIt() async throws {
            try await SystemdMachine.with { machine in
                try await machine.shell("systemctl start finetuned-api.socket finetuned")
                #expect(try await machine.property("PrivateNetwork") == "yes")
                let own = try await machine.shell("readlink /proc/1/ns/net")
                let service = try await machine.shell("readlink /proc/$(systemctl show finetuned -P MainPID)/ns/net")
                #expect(own != service, "the daemon is in a network of its own")
                let token = try await machine.shell("ftctl token add ci --admin --json")
                let text = try #require(token.firstMatch(of: /ft-[0-9a-f]+-[0-9a-f]+/)).output
                func ask(_ path: String, _ method: String, _ field: String) async throws -> String {
                    try await machine.shell(
                        """
                        exec 3<>/dev/tcp/127.0.0.1/8443
                        printf '\(method) \(path) HTTP/1.1\\r\\nHost: localhost\\r\\n' >&3
                        printf 'Connection: close\\r\\n\(field)\\r\\n' >&3
                        timeout 60 cat <&3
                        """)
                }
                #expect(try await ask("/healthz", "GET", "").hasPrefix("HTTP/1.1 200"))
                #expect(try await ask("/v1/garbage", "POST", "").hasPrefix("HTTP/1.1 403"))
                let field = "Authorization: Bearer \(text)\\r\\n"
                #expect(try await ask("/v1/garbage", "POST", field).hasPrefix("HTTP/1.1 200"))
                // Neither journal nor state has it.
                let secret = text.split(separator: "-").last ?? ""
                let found = try await machine.attempt(
                    """
                    journalctl --sync; journalctl -o export | grep -c \(secret)
                    grep -rl \(secret) /var/lib/finetuned /run/finetuned
                    """)
                #expect(found.output.split(separator: "\n").map(String.init) == ["0"], "\(found.output)")
            }
        }
    }
}
