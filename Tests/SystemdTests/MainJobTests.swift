import Foundation
import Systemd
import TestSupport
import Testing

extension SystemdTests {
    /// The main job under a real systemd, with the installed programs, the real base model and an ordinary user who
    /// drops files.
    @Suite struct MainJobTests {
        /// Also where the daemon is stopped in mid-run, started again, and its worker killed.
        @Test func aDroppedFileEndsPromotedThroughAStopAndAKill() async throws {
            try await SystemdMachine.with(pipelines: ["tickets": TicketData.pipeline()]) { machine in
                try await machine.shell("systemctl start finetuned")
                // Type=notify: start returned, so the daemon has said that it is ready, and the socket answers at once.
                #expect(try await machine.property("ActiveState") == "active")
                #expect(try await machine.property("StatusText") != "")
                try await machine.shell("ftctl status")
                try await machine.addBase()

                try await machine.drop(TicketData.rows(180), as: "monday.jsonl", into: "tickets")
                let started = try await machine.wait(for: .runStarted, "PIPELINE=tickets")
                #expect(started["STAGE"] != nil)
                let run = try #require(started["RUN"])
                try await Self.stopAndStart(machine, run)
                let daemon = try await machine.property("MainPID")
                try await machine.shell("pkill -KILL -x finetune-worker")
                let died = try await machine.wait(for: .workerDied, "RUN=\(run)")
                #expect(died["PRIORITY"] == "4")

                let promoted = try await machine.wait(for: .versionPromoted, "RUN=\(run)")
                let version = try #require(promoted["VERSION"])
                let link = try await machine.shell("readlink /var/lib/finetuned/models/tickets/current")
                #expect(link.contains(version))
                #expect(try await machine.property("MainPID") == daemon)
                #expect(try await machine.property("NRestarts") == "0")
                try await Self.hearTheStory(machine, run, version, died: died["MESSAGE"])
                try await machine.shell("systemctl stop finetuned")
                #expect(try await machine.property("Result") == "success")
            }
        }

        /// A stop leaves a checkpoint, from which the run goes on without a step done twice.
        private static func stopAndStart(_ machine: SystemdMachine, _ run: String) async throws {
            try #require(try await TestSupport.eventually { try await machine.steps(run).count >= 3 })
            try await machine.shell("systemctl stop finetuned", seconds: 160)
            // Where systemd had lost patience it would be "timeout".
            #expect(try await machine.property("Result") == "success")
            #expect(try await machine.workers() == [])
            try await machine.wait(for: .runInterrupted, "RUN=\(run)", seconds: 1)

            let before = try await machine.steps(run)
            try await machine.shell("systemctl start finetuned")
            try await machine.wait(for: .runResumed, "RUN=\(run)")
            try #require(try await TestSupport.eventually { try await machine.steps(run).count > before.count })
            // No step was done twice: the numbers only ever rise.
            let steps = try await machine.steps(run)
            #expect(steps == Array(1...(steps.last ?? 1)))
        }

        /// The story can be asked for by pipeline, by run, and by kind.
        private static func hearTheStory(
            _ machine: SystemdMachine, _ run: String, _ version: String, died: String?
        ) async throws {
            let story = try await machine.journal("PIPELINE=tickets").events()
            for event in [
                "drop.received", "drop.stored", "run.queued", "run.started", "run.trained", "run.accepted",
                "version.promoted",
            ] {
                #expect(story.filter { $0 == event }.count == 1, "\(event) in \(story)")
            }
            let records = try await machine.journal("RUN=\(run)").records
            #expect(records.count >= 4)
            #expect(
                records.allSatisfy { $0["PIPELINE"] == "tickets" && $0["_SYSTEMD_UNIT"] == "finetuned.service" })
            let kind = EventKind.versionPromoted.messageID
            let explained = try await machine.shell("journalctl -q -x MESSAGE_ID=\(kind)")
            #expect(explained.contains("Subject: \(version) is now served for tickets"))

            // The sandbox refused nothing that anything asked for; what is said is that the base came after the
            // pipeline, and that the worker was killed.
            let complaints = try await machine.shell("journalctl -q -u finetuned -p warning -o cat")
                .split(separator: "\n").filter { !$0.contains("thread priority") }
            #expect(complaints.count == 2, "\(complaints)")
            let base = "is not registered. Register it with `ftctl base add` (none is registered yet)."
            #expect(complaints.first?.contains(base) == true, "\(complaints)")
            #expect(complaints.last.map(String.init) == died, "\(complaints)")
            #expect(try await machine.shell("systemd-analyze verify finetuned.service 2>&1") == "")
        }

        /// A real out-of-memory kill takes a worker and never the daemon (`OOMPolicy=continue`).
        @Test func aWorkerOutOfMemoryFailsItsRunOnly() async throws {
            try await SystemdMachine.with(
                dropIn: "MemorySwapMax=0\n", settings: "[worker]\nattempts = 2\n",
                pipelines: ["tickets": TicketData.pipeline()]
            ) { machine in
                try await machine.shell("systemctl start finetuned")
                // The base is registered with memory to spare: its worker is not the one under test.
                try await machine.addBase()
                try await machine.shell("systemctl set-property --runtime finetuned MemoryMax=130M")
                let daemon = try await machine.property("MainPID")
                try await machine.drop(TicketData.rows(180), as: "monday.jsonl", into: "tickets")
                try await machine.wait(for: .workerDied, "PIPELINE=tickets", atLeast: 2, seconds: 240)
                let failed = try await machine.wait(for: .runFailed, "PIPELINE=tickets", seconds: 240)
                #expect(failed["MESSAGE"]?.contains("memory") == true, "\(failed)")
                #expect(failed["PRIORITY"] == "3")
                #expect(try await machine.property("MainPID") == daemon)
                // With memory, the same rows make a model after all.
                try await machine.shell(
                    "systemctl set-property --runtime finetuned MemoryMax=infinity; ftctl run tickets")
                try await machine.wait(for: .versionPromoted, "PIPELINE=tickets")
                #expect(try await machine.property("NRestarts") == "0")
            }
        }
    }
}

extension SystemdMachine {
    /// Numbers of the optimizer steps that a run's workers have reported, in their order.
    fileprivate func steps(_ run: String) async throws -> [Int] {
        struct Line: Decodable {
            struct Step: Decodable { let step: Int }
            let event: String
            let step: Step?
        }
        return try await attempt("cat /var/lib/finetuned/runs/\(run)/events.jsonl").output.split(separator: "\n")
            .compactMap { try? JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
            .filter { $0.event == "step" }.compactMap(\.step?.step)
    }
}
