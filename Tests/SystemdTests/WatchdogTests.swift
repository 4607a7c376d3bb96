import Foundation
import Systemd
import TestSupport
import Testing

extension SystemdTests {
    /// A daemon at work is never taken for a hung one.
    @Suite struct WatchdogTests {
        /// Megabytes of the file that is dropped: more than is read within the bound, so that a keep-alive that waited
        /// for it would come too late. One of minutes is left to `make faults`.
        private static let megabytes = ProcessInfo.processInfo.environment["FINETUNED_FAULTS"] == "long" ? 500 : 200

        /// Writes so many megabytes of rows that repeat themselves, and drops them by rename.
        private static let script = """
            folder=/var/lib/finetuned/drop/tickets
            awk -v bytes=$(($1 * 1000000)) 'BEGIN {
                text = "a customer of the shop asks where the parcel is that was to come on Monday"
                for (i = 0; i < 24; i++) long = long " " text
                for (i = 0; size < bytes; i++) {
                    line = "{\\"prompt\\": \\"Order " i ":" long "\\", \\"completion\\": \\"desk " i % 7 "\\"}"
                    size += length(line) + 1
                    print line
                }
            }' > $folder/.large.jsonl.part && mv $folder/.large.jsonl.part $folder/large.jsonl
            """

        @Test func aLargeFileHoldsUpNoKeepAlive() async throws {
            try await SystemdMachine.with(
                dropIn: "WatchdogSec=10\n", pipelines: ["tickets": TicketData.pipeline()]
            ) { machine in
                try await machine.shell("systemctl start finetuned; useradd -m -G finetuned alice")
                let daemon = try await machine.property("MainPID")
                try await machine.waitForFolder("tickets")
                try await machine.write(Self.script, to: "/home/alice/large.sh")
                try await machine.shell(
                    "chown alice: /home/alice/large.sh; runuser -u alice -- sh /home/alice/large.sh \(Self.megabytes)",
                    seconds: 300)
                // It answers between any two steps of the file's way.
                try await machine.wait(for: .dropReceived, "PIPELINE=tickets", seconds: 300)
                try await machine.shell("ftctl status")
                try await machine.wait(for: .dropValidated, "PIPELINE=tickets", seconds: 900)
                try await machine.shell("ftctl status")
                try await machine.wait(for: .dropStored, "PIPELINE=tickets", seconds: 1800)
                #expect(try await machine.property("NRestarts") == "0")
                #expect(try await machine.property("MainPID") == daemon)
                let story = try await machine.shell("journalctl -q -u finetuned -o cat")
                #expect(!story.contains("Watchdog timeout"))
            }
        }
    }
}
