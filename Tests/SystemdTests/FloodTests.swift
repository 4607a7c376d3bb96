import Foundation
import Systemd
import TestSupport
import Testing

extension SystemdTests {
    /// No limit on the rate of records swallows a warning, whatever comes at once.
    @Suite struct FloodTests {
        /// Files that are dropped at once.
        private static let files =
            ProcessInfo.processInfo.environment["FINETUNED_FLOOD"].flatMap { Int($0) } ?? 300

        /// A journal that keeps a handful of records of each level an hour of whoever asks for nothing else.
        private static let strict = "[Journal]\nRateLimitIntervalSec=1h\nRateLimitBurst=1\n"

        /// Writes so many files, a half of which has a good row beside a faulty one, and the other none at all; drops
        /// all of them by one command.
        private static let script = """
            mkdir /home/alice/$1
            cd /home/alice/$1
            for number in $(seq $2); do
                good="{\\"prompt\\": \\"$1 $number\\", \\"completion\\": \\"a\\"}"
                [ $((number % 2)) = 0 ] || echo "$good" > $number.jsonl
                echo "row of $1 $number that is no JSON" >> $number.jsonl
            done
            # The daemon may have taken one before `mv` looks at it again.
            find . -name '*.jsonl' -print0 | xargs -0 mv -t /var/lib/finetuned/drop/tickets || true
            test -z "$(ls)"
            """

        /// How many drops the journal has a record of this kind about.
        private func told(_ machine: SystemdMachine, _ event: EventKind) async throws -> Int {
            let drops = try await machine.shell(
                """
                journalctl --sync
                journalctl -q -o json --output-fields=DROP MESSAGE_ID=\(event.messageID) |
                    grep -o '"DROP":"[^"]*"' | sort -u | wc -l
                """)
            return Int(drops.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
        }

        /// Drops files, and waits until the ledger has read each of them.
        private func drop(_ machine: SystemdMachine, _ batch: String, _ count: Int, known: Int = 0) async throws {
            try await machine.waitForFolder("tickets")
            try await machine.shell("runuser -u alice -- bash /home/alice/flood.sh \(batch) \(count)", seconds: 300)
            var last = ""
            let came = try await TestSupport.eventually(seconds: 1800) {
                // Asked of the daemon, since the journal is what is in question.
                let list = "ftctl drops --pipeline tickets --limit 100000 --json"
                let read = #"grep -cE '"state" *: *"(quarantined|stored)"'"#
                last = try await machine.attempt("\(list) | \(read)").output
                return (Int(last.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0) >= known + count
            }
            guard came else { throw SystemdMachine.Failed(description: "\(last) of \(known + count) were read") }
        }

        @Test func noLimitOfTheJournalSwallowsAWarning() async throws {
            try await SystemdMachine.with(
                settings: "quiet_seconds = 0.1\nscan_seconds = 0.5\nminimum_free = \"1M\"\n",
                pipelines: ["tickets": "base = \"none\"\n"]
            ) { machine in
                try await machine.write(Self.strict, to: "/etc/systemd/journald.conf.d/strict.conf")
                try await machine.write(Self.script, to: "/home/alice/flood.sh")
                try await machine.shell("useradd -G finetuned alice; chown -R alice: /home/alice")
                // First without what the unit says, so that it is seen what it is for: 0 is what is not set.
                let override = "/etc/systemd/system/finetuned.service.d/limit.conf"
                try await machine.write("[Service]\nLogRateLimitIntervalSec=0\nLogRateLimitBurst=0\n", to: override)
                try await machine.shell(
                    "systemctl restart systemd-journald; systemctl daemon-reload; systemctl start finetuned")
                let few = 100
                try await drop(machine, "first", few)
                // What is in the ledger is in the journal a moment later.
                try await machine.shell("systemctl stop finetuned")
                let kept = try await told(machine, .dropQuarantined)
                #expect(kept < few / 2, "the journal is not as strict as this test supposes")
                let rejected = try await told(machine, .dropRowsRejected)

                try await machine.shell("rm \(override); systemctl daemon-reload; systemctl start finetuned")
                try await drop(machine, "second", Self.files, known: few)
                #expect(try await machine.property("NRestarts") == "0")
                try await machine.shell("systemctl stop finetuned")
                let (errors, warnings) = (
                    try await told(machine, .dropQuarantined) - kept,
                    try await told(machine, .dropRowsRejected) - rejected
                )
                #expect(errors == Self.files / 2)
                #expect(warnings == Self.files - Self.files / 2)
                print("\(Self.files) files at once: \(errors) were quarantined and \(warnings) told of bad rows.")
            }
        }
    }
}
