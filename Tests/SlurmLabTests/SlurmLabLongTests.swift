import Foundation
import Launching
import Nouns
import Places
import Platform
import TestSupport
import Testing
import WorkerProtocol

/// What takes a real cluster long: nodes that die, limits that pass, and what only `make clusters` tries.
@Suite(.serialized, .enabled(if: Lab.isUsable && Lab.isLong, "left to `make clusters`; needs root and slurm-wlm"))
struct SlurmLabLongTests {
    // MARK: - Controllers and clocks

    @Test func anAbandonedFolderHasNoJobAndNoRecord() async throws {
        let work = try await LabWork(Lab(), steps: 3000, stage: true)
        _ = try await work.run { _ in
            try await work.reached(1)
            await work.launcher.abandon(work.sandbox.layout.runs)
        }
        let records = work.sandbox.layout.clusterJobs
        #expect(try await TestSupport.eventually { try FolderListing.names(records) == ["instance"] })
        #expect(try await work.lab.jobs().values.first == "CANCELLED")
        #expect(try FolderListing.names(work.sandbox.root + "/stage/work").isEmpty)
    }

    @Test func nothingIsConcludedWhileTheControllerIsAway() async throws {
        let work = try await LabWork(Lab(), steps: 60)
        let end = try await work.run { _ in
            try await work.reached(5)
            try await work.lab.ask("controller", "kill")
            try await work.reached(30)
            try await work.lab.ask("controller", "start")
        }
        #expect(end == nil && work.steps == Array(1...60) && work.attempts == [1])
        #expect(try await work.lab.jobs().count == 1)
    }

    @Test func aJobThatTheControllerHasForgottenIsWhatItsFolderSays() async throws {
        let work = try await LabWork(Lab(), steps: 3000, before: #"[ "$attempt" = 1 ] || { leave 65; }"#)
        let end = try await work.run { _ in
            try await work.reached(2)
            try await work.lab.ask("controller", "forget")
        }
        guard case .died(let failure)? = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.code == WorkerEnd.lostPeer)
        guard case .failed? = try await work.run() else {
            Issue.record("the next attempt's own status counts")
            return
        }
        #expect(work.attempts == [1, 2])
    }

    @Test func aClockThatIsAnHourOffIsNamedAndCorrected() async throws {
        // The script's `date` is another one.
        let work = try await LabWork(Lab(1), steps: 20)
        try await work.lab.ask(
            "on", "n1", "sh", "-c",
            """
            mkdir -p /tmp/own-bin && printf '#!/bin/sh\\necho $(($(/bin/busydate +%%s) + 3600))\\n' >/tmp/own-bin/date
            cp /bin/date /tmp/own-bin/busydate; chmod 755 /tmp/own-bin/date
            mount -t tmpfs none /usr/local/bin; cp /tmp/own-bin/date /usr/local/bin/date
            sed -i 's|/bin/busydate|/tmp/own-bin/busydate|' /usr/local/bin/date
            """)
        #expect(try await work.run() == nil)
        let warning = work.told.withLock { $0.compactMap(\.warning).first }
        #expect(warning?.code == "cluster.clock" && warning?.place == "n1")
        #expect(warning?.message.contains("ahead") == true)
    }

    // MARK: - Nodes

    @Test(arguments: ["kill", "cut"])
    func workOfALostNodeIsBegunAnewOnOthers(_ how: String) async throws {
        let work = try await LabWork(Lab(), steps: 400) { $0.nodes = 2 }
        let end = try await work.run { _ in
            try await work.reached(20)
            // The script's own node: whoever is cut off lives on, and is fenced.
            try await work.lab.ask(how, "n1")
        }
        // Slurm may have taken it back and begun it anew by itself, as the next attempt of the same job.
        if let end {
            guard case .died = end else {
                Issue.record("\(end)")
                return
            }
            #expect(try await work.run() == nil)
        }
        #expect(work.attempts.count >= 2 && Set(work.steps) == Set(1...400))
        #expect(try await work.lab.jobs().values.filter { $0 == "RUNNING" }.isEmpty)
    }

    @Test func aFrozenNodeLosesNothing() async throws {
        let work = try await LabWork(Lab(), steps: 100)
        let end = try await work.run { _ in
            try await work.reached(5)
            try await work.lab.ask("freeze", "n1")
            try await work.reached(60)
            try await work.lab.ask("thaw", "n1")
        }
        if end != nil { #expect(try await work.run() == nil) }
        #expect(Set(work.steps) == Set(1...100))
    }

    @Test func aRequeuedJobIsTheSameWorkByTheNextAttempt() async throws {
        let work = try await LabWork(Lab(), steps: 200)
        let end = try await work.run { _ in
            try await work.reached(10)
            try await work.lab.ask("run", "scontrol", "requeue", work.lab.newest())
        }
        #expect(end == nil && work.attempts == [1, 2] && Set(work.steps) == Set(1...200))
        #expect(try await work.lab.jobs().count == 1)
    }

    // MARK: - Limits

    @Test func aTimeLimitIsAPause() async throws {
        let work = try await LabWork(Lab(1), steps: 700) { $0.slurm.time = "1" }
        let end = try await work.run()
        guard case .died(let failure)? = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.code == WorkerEnd.leftUnasked)
        #expect(EventReader.events(in: work.folder).last?.status == 75)
        // However often it takes: each goes on where the one before stopped.
        while try await work.run() != nil {}
        #expect(work.steps == Array(1...700))
    }

    @Test func aPreemptedJobGoesOn() async throws {
        let work = try await LabWork(Lab(1), steps: 300) { $0.slurm.partition = "main" }
        let end = try await work.run { _ in
            try await work.reached(10)
            try await work.lab.ask(
                "run", "sbatch", "-p", "urgent", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 5")
        }
        guard case .died(let failure)? = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.code == WorkerEnd.leftUnasked)
        #expect(try await work.run() == nil)
        #expect(Set(work.steps) == Set(1...300))
    }

    @Test func accountsTellWhoCancelled() async throws {
        let work = try await LabWork(Lab(1, "db"), steps: 3000)
        let end = try await work.run { _ in
            try await work.reached(2)
            try await work.lab.ask("run", "scancel", work.lab.newest())
        }
        guard case .failed(let failure)? = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.message.contains("by uid 0"))
    }

    /// Without accounts only the text tells of it; with them the step's state does, and what it had and used.
    @Test(arguments: [false, true])
    func memoryThatRunsOutIsTriedWithHalfAndThenFails(_ hasAccounts: Bool) async throws {
        // In the engine's place: what a shell starts may be ended without it.
        let grows = #"exec tail /dev/zero"#
        let lab = hasAccounts ? try await Lab(1, "cgroup", "db") : try await Lab(1, "cgroup")
        let work = try await LabWork(lab, before: grows) { $0.slurm.options = ["--mem=200M"] }
        for isLast in [false, true] {
            let end = try await work.run()
            #expect(end?.failure?.code == "cluster.memory", "\(String(describing: end))")
            if isLast, case .failed? = end {} else if isLast { Issue.record("\(String(describing: end))") }
            let said = end?.failure?.message ?? ""
            #expect(!hasAccounts || said.contains("it had 200M"), "\(said)")
        }
    }
}
