import Foundation
import Launching
import Nouns
import Places
import Platform
import TestSupport
import Testing
import WorkerProtocol

/// States of jobs and bad days that only `make clusters` brings about on a real cluster.
@Suite(.serialized, .enabled(if: Lab.isUsable && Lab.isLong, "left to `make clusters`; needs root and slurm-wlm"))
struct SlurmLabStatesTests {
    /// A job that fills the one node of a lab, so that others wait.
    private static func fill(_ lab: Lab) async throws -> String {
        let id = try await lab.ask(
            "run", "sbatch", "--parsable", "--exclusive", "-o", "/dev/null", "--wrap", "sleep 1000"
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        _ = try await TestSupport.eventually { try await lab.jobs().values.contains("RUNNING") }
        return id
    }

    // MARK: - What waits

    @Test func aSuspendedJobWaitsAndGoesOn() async throws {
        let work = try await LabWork(Lab(1), steps: 60)
        let end = try await work.run { _ in
            try await work.reached(3)
            try await work.lab.ask("run", "scontrol", "suspend", work.lab.newest())
            _ = try await TestSupport.eventually {
                work.told.withLock { $0.contains { $0.waiting?.reason == "suspended" } }
            }
            try await work.lab.ask("run", "scontrol", "resume", work.lab.newest())
        }
        #expect(end == nil && work.steps == Array(1...60) && work.attempts == [1])
        #expect(work.told.withLock { $0.contains { $0.waiting?.reason == "suspended" } })
    }

    @Test func aJobThatAnAdministratorHoldsIsCancelledAndNamesIt() async throws {
        let lab = try await Lab(1)
        _ = try await Self.fill(lab)
        let work = try await LabWork(lab)
        let end = try await work.run { _ in
            _ = try await TestSupport.eventually { try await lab.jobs().values.contains("PENDING") }
            try await lab.ask("run", "scontrol", "hold", lab.newest())
        }
        guard case .failed(let failure)? = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.code == "cluster.never" && failure.message.contains("JobHeldAdmin"))
        #expect(try await lab.jobs().first { $0.key.hasPrefix("ft-") }?.value == "CANCELLED")
    }

    @Test func anAccountThatThePartitionDoesNotLetInIsNamed() async throws {
        let lab = try await Lab(1)
        try await lab.ask("run", "scontrol", "create", "partition=closed", "nodes=n1", "allowaccounts=nobody")
        let work = try await LabWork(lab) { ($0.slurm.partition, $0.slurm.account) = ("closed", "nlp") }
        guard case .failed(let failure)? = try await work.run() else {
            Issue.record("it was not refused")
            return
        }
        #expect(failure.code == "cluster.never" && failure.place == "slurm.account", "\(failure)")
        #expect(failure.message.contains("can't use this partition"))
    }

    @Test func aUserThatTheControllerDoesNotKnowIsNamed() async throws {
        let lab = try await Lab(1)
        let strange = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]
        let work = try await LabWork(lab) { $0.slurm.via = lab.via + strange }
        let end = try await work.run { _ in
            // The cluster takes the job back each time, and waits two minutes before it tries again.
            for _ in 0..<200 {
                let id = try await lab.newest()
                guard !id.isEmpty else { continue }
                let job = try await lab.ask("run", "scontrol", "show", "job", "-o", id)
                guard !job.contains("JobState=CANCELLED") else { return }
                if job.contains("Reason=BeginTime") {
                    _ = try? await lab.ask("run", "scontrol", "update", "JobId=\(id)", "StartTime=now")
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
        guard case .died(let failure)? = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.code == WorkerEnd.lostPeer && failure.message.contains("times before"), "\(failure)")
        #expect(failure.remedy?.contains("the daemon's user") == true && work.attempts.isEmpty)
        #expect(try await lab.jobs().values.allSatisfy { $0 == "CANCELLED" })
    }

    // MARK: - Ends

    @Test func aDeadlineThatPassesIsNoFault() async throws {
        let lab = try await Lab(1)
        let blocker = try await Self.fill(lab)
        let work = try await LabWork(lab) {
            ($0.slurm.time, $0.slurm.options) = ("1", ["--deadline=now+65"])
        }
        let end = try await work.run()
        guard case .died(let failure)? = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.code == WorkerEnd.leftUnasked && failure.message.contains("DEADLINE"))
        try await lab.ask("run", "scancel", blocker)
        #expect(try await work.run() == nil)
        #expect(work.steps == Array(1...5))
    }

    @Test func aJobThatDoesNotLeaveIsEndedOnceItsTimeIsOver() async throws {
        let work = try await LabWork(Lab(1), steps: 3000, before: "stop=; trap '' TERM") { $0.graceSeconds = 2 }
        let end = try await work.run { handle in
            try await work.reached(3)
            await work.launcher.stop(handle)
        }
        #expect(end == .interrupted)
        let jobs = try await work.lab.jobs()
        #expect(jobs.count == 1 && jobs.values.first == "CANCELLED", "\(jobs)")
    }

    @Test func aNodeThatLostWorkTwiceIsLeftOut() async throws {
        // Its rank 0 has a node of its own, so the job is over before Slurm sees that the other node is gone.
        let work = try await LabWork(Lab(), steps: 3000) { ($0.nodes, $0.slurm.options) = (2, ["--no-requeue"]) }
        for count in 1...2 {
            let end = try await work.run { _ in
                try await work.reached((work.steps.max() ?? 0) + 3)
                try await work.lab.ask("kill", "n2")
            }
            guard case .died? = end else {
                Issue.record("\(String(describing: end))")
                return
            }
            let former = work.handle.withLock { $0?.id }
            let next = Task { try await work.run() }
            _ = try await TestSupport.eventually { work.handle.withLock { $0?.id } != former }
            #expect(try await TestSupport.eventually { try work.losses("n2") == count })
            if let handle = work.handle.withLock({ $0 }) { await work.launcher.stop(handle) }
            _ = try await next.value
            try await work.lab.ask("start", "n2")
            _ = try await TestSupport.eventually {
                try await work.lab.ask("run", "sinfo", "-h", "-N", "-n", "n2", "-o", "%T").contains("idle")
            }
        }
        _ = try await work.run { handle in
            try await work.reached((work.steps.max() ?? 0) + 1)
            await work.launcher.stop(handle)
        }
        let newest = try #require(work.attempts.max())
        let script = try String(contentsOfFile: work.folder + "/job-\(newest).sh", encoding: .utf8)
        #expect(script.contains("#SBATCH --exclude=n2\n"))
    }

    // MARK: - Folders

    @Test func aFolderThatANodeSeesLateIsWaitedFor() async throws {
        let lab = try await Lab(1)
        let work = try await LabWork(lab, stage: true)
        let stage = work.sandbox.root + "/stage"
        // What a file system that remembers absence shows: nothing, and after a while what is there.
        try await lab.ask("on", "n1", "mount", "-t", "tmpfs", "none", stage)
        let end = try await work.run { _ in
            _ = try await TestSupport.eventually { try await lab.jobs().values.contains("RUNNING") }
            try await Task.sleep(for: .seconds(3))
            try await lab.ask("on", "n1", "umount", stage)
        }
        #expect(
            end == nil && work.steps == [1, 2, 3, 4, 5] && work.attempts == [1],
            "\(String(describing: end)) \(work.steps) \(work.attempts)")
    }

    @Test func aStageThatIsFullIsNamedBeforeAnythingIsHandedIn() async throws {
        let work = try await LabWork(Lab(1), stage: true)
        let stage = work.sandbox.root + "/stage"
        let (mounted, said) = try await ChildProgram.run("mount", ["-t", "tmpfs", "-o", "size=64k", "none", stage])
        try #require(mounted == .exited(0), "\(said)")
        try Data(count: 1 << 20).write(to: URL(filePath: work.sandbox.root + "/base/model.safetensors"))
        let failure = await #expect(throws: FileFailure.self) { _ = try await work.run() }
        #expect(failure?.isFull == true && failure?.path.hasPrefix(stage) == true)
        #expect(try await work.lab.jobs().isEmpty)
        _ = try await ChildProgram.run("umount", [stage])
        #expect(try await work.run() == nil, "once there is room it goes on")
    }
}
