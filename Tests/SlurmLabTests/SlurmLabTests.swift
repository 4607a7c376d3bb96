import Foundation
import Launching
import Nouns
import Places
import Platform
import TestSupport
import Testing
import WorkerProtocol

/// Runs as jobs of a real Slurm cluster, whose nodes, links and controller are broken on purpose.
@Suite(.serialized, .enabled(if: Lab.isUsable, "needs root, and slurm-wlm and munge of Debian"))
struct SlurmLabTests {
    // MARK: - What goes well

    @Test func aJobOnTwoNodesGivesItsResultOnce() async throws {
        let work = try await LabWork(Lab(), stage: true) { ($0.nodes, $0.ranksPerNode) = (2, 2) }
        #expect(try await work.run() == nil)
        #expect(work.steps == [1, 2, 3, 4, 5] && work.attempts == [1])
        let weights = work.folder + "/adapter/adapter_model.safetensors"
        #expect(try String(contentsOfFile: weights, encoding: .utf8) == "weights\n")
        let stage = try FolderListing.names(work.sandbox.root + "/stage/work")
        #expect(stage.isEmpty, "nothing stays on the stage")
        let told = work.told.withLock { $0 }
        #expect(told.first?.waiting != nil && told.contains { $0.event == .working })
        // Who asks for the same work again is given the same result, and no second job.
        #expect(try await work.run() == nil)
        await work.restart()
        #expect(try await work.run() == nil)
        #expect(try await work.lab.jobs().count == 1)
        let name = try #require(try await work.lab.jobs().keys.first)
        #expect(name.wholeMatch(of: /ft-[0-9a-f]{8}-r-000001-1/) != nil)
    }

    @Test func aJobGetsNothingOfTheDaemonsEnvironment() async throws {
        let work = try await LabWork(Lab(), before: #"env | sort >"$folder/environment""#)
        #expect(try await work.run() == nil)
        let text = try String(contentsOfFile: work.folder + "/environment", encoding: .utf8)
        #expect(text.contains("HF_HUB_OFFLINE=1") && text.contains("PATH=/usr/local/bin:/usr/bin:/bin"))
        #expect(!text.contains("FINETUNED_TEST_MODELS") && !text.contains("SLURM_LAB") && !text.contains("SBATCH_"))
        let script = try String(contentsOfFile: work.folder + "/job-1.sh", encoding: .utf8)
        for line in ["--open-mode=append", "--export=NIL", "--signal=TERM@120", "--kill-on-bad-exit=1"] {
            #expect(script.contains(line))
        }
    }

    // MARK: - Stopping and cancelling

    @Test func aStoppedJobLeavesACheckpointAndGoesOn() async throws {
        let work = try await LabWork(Lab(), steps: 30) { $0.nodes = 2 }
        let end = try await work.run { handle in
            try await work.reached(3)
            await work.launcher.stop(handle)
        }
        #expect(end == .interrupted)
        #expect(EventReader.events(in: work.folder).last?.status == 75)
        #expect(try await work.run() == nil)
        #expect(work.steps == Array(1...30) && work.attempts == [1, 2], "no step was done twice")
    }

    @Test func aJobWhoseNumberAnotherOneHasByNowIsNotCancelled() async throws {
        let lab = try await Lab(1)
        let commands = SlurmCommands(via: lab.via, folder: lab.folder + "/commands")
        func submit(_ name: String) async throws -> String {
            let script = "#!/bin/sh\n#SBATCH -J \(name) -o /dev/null\nsleep 1000\n"
            let submission = await commands.submit(JobOrder(name: name, folder: lab.folder, script: script))
            guard case .taken(let id) = submission else { throw Failure(code: "lab", "\(submission)") }
            return id
        }
        // A controller that dies before it has written the newest job down gives its number to the next one.
        var shared: (first: String, second: String, id: String)?
        for attempt in 1...20 where shared == nil {
            let (first, second) = ("ft-\(attempt)-first", "ft-\(attempt)-second")
            let id = try await submit(first)
            try await lab.ask("controller", "kill")
            try await lab.ask("controller", "start")
            _ = try await TestSupport.eventually { await commands.find(first) != .silence }
            if try await submit(second) == id { shared = (first, second, id) }
        }
        let (first, second, id) = try #require(shared, "no number was given twice")
        _ = await commands.cancel(id, of: first)
        let facts = await commands.facts([JobQuestion(id, of: first), JobQuestion(id, of: second)])
        guard case .state(let state)? = facts[second] else {
            Issue.record("\(facts)")
            return
        }
        #expect(facts[first] == .unknown && state.end == nil)
        #expect(await commands.cancel(id, of: second))
        #expect(try await TestSupport.eventually { try await lab.jobs()[second] == "CANCELLED" })
    }

    @Test func aCancelledJobIsGoneEvenWhenTheControllerWasAway() async throws {
        let work = try await LabWork(Lab(), steps: 3000)
        let end = try await work.run { handle in
            try await work.reached(2)
            try await work.lab.ask("controller", "kill")
            await work.launcher.cancel(handle)
        }
        #expect(end == .interrupted, "it is told at once")
        // Another daemon remembers it, with nobody asking.
        await work.restart()
        #expect(await work.launcher.folders == [work.folder])
        try await work.lab.ask("controller", "start")
        #expect(try await TestSupport.eventually { try await work.lab.jobs().values.allSatisfy { $0 == "CANCELLED" } })
        #expect(try await TestSupport.eventually { await work.launcher.folders.isEmpty })
    }

    // MARK: - The daemon and the controller

    @Test func aRestartedDaemonTakesTheJobOver() async throws {
        let work = try await LabWork(Lab(), steps: 40)
        let end = try await work.run { _ in
            try await work.reached(3)
            await work.restart()
        }
        #expect(end == .interrupted)
        #expect(try await work.takeUp() == nil)
        #expect(work.steps == Array(1...40) && work.attempts == [1])
        #expect(try await work.lab.jobs().count == 1)
    }

    @Test func aJobWhoseNumberNobodyHeardIsFoundByItsName() async throws {
        let lab = try await Lab()
        // The answer of sbatch is lost on its way, the first time.
        let sandbox = try Sandbox()
        let via = try await sandbox.script(
            "lossy.sh",
            """
            case "$1" in
                sbatch) '\(Lab.script)' \(lab.folder) run "$@" >/dev/null
                    [ -e '\(sandbox.root)/lost' ] || { touch '\(sandbox.root)/lost'; exit 1; };;
                *) exec '\(Lab.script)' \(lab.folder) run "$@";;
            esac
            """)
        let work = try await LabWork(lab) { $0.slurm.via = [via] }
        #expect(try await work.run() == nil)
        #expect(try await lab.jobs().count == 1 && work.attempts == [1])
    }

    // MARK: - What is refused, and what never comes

    @Test(arguments: [("partition", "slurm.partition"), ("option", "slurm.options")])
    func whatTheClusterRefusesNamesTheKey(_ fault: String, _ key: String) async throws {
        let work = try await LabWork(Lab()) {
            if fault == "partition" { $0.slurm.partition = "nowhere" }
            if fault == "option" { $0.slurm.options = ["--no-such-option"] }
        }
        guard case .failed(let failure)? = try await work.run() else {
            Issue.record("it was taken")
            return
        }
        #expect(failure.code == "cluster.refused" && failure.place == key && failure.cause != nil)
    }

    @Test(
        .enabled(if: Lab.isLong, "left to `make clusters`"),
        arguments: [("nodes", "nodes, slurm.time or slurm.partition"), ("time", "slurm.time")])
    func whatWouldWaitForEverIsCancelledAndNamesTheKey(_ fault: String, _ key: String) async throws {
        let work = try await LabWork(Lab()) {
            if fault == "nodes" { $0.nodes = 9 }
            if fault == "time" { $0.slurm.time = "10:00:00" }
        }
        guard case .failed(let failure)? = try await work.run() else {
            Issue.record("it was not refused")
            return
        }
        #expect(failure.code == "cluster.never" && failure.place == key, "\(failure)")
        #expect(try await work.lab.jobs().values.first == "CANCELLED")
    }

    @Test func aJobThatSomebodyCancelsFails() async throws {
        let work = try await LabWork(Lab(), steps: 3000)
        let end = try await work.run { _ in
            try await work.reached(2)
            try await work.lab.ask("run", "scancel", work.lab.newest())
        }
        guard case .failed(let failure)? = end else {
            Issue.record("\(String(describing: end))")
            return
        }
        #expect(failure.code == "cluster.cancelled")
    }

    // MARK: - Folders and clocks

    @Test(.enabled(if: Lab.isLong, "left to `make clusters`"), arguments: ["hidden", "other"])
    func aStageThatNodesDoNotSeeIsNamed(_ how: String) async throws {
        let lab = try await Lab(1)
        let work = try await LabWork(lab, stage: true)
        let stage = work.sandbox.root + "/stage"
        if how == "hidden" {
            // The node has no such folder at all.
            try await lab.ask("on", "n1", "mount", "-t", "tmpfs", "none", work.sandbox.root)
        } else {
            // It has another one under that name.
            try await lab.ask("on", "n1", "mount", "-t", "tmpfs", "none", stage)
            let folder = stage + "/work/" + (try #require(await Self.workName(work)))
            try await lab.ask("on", "n1", "mkdir", "-p", folder)
        }
        guard case .failed(let failure)? = try await work.run() else {
            Issue.record("it was not found out")
            return
        }
        #expect(failure.code == "cluster.stage" && failure.message.contains("n1"))
    }

    /// The name of the folder of the work on the stage.
    private static func workName(_ work: LabWork) async -> String? {
        "r000001-" + Digest.sha256(Data(work.folder.utf8)).prefix(12)
    }

    @Test func aMissingStageIsNamed() async throws {
        let work = try await LabWork(Lab(1)) { $0.stage = "/nonexistent/stage" }
        guard case .failed(let failure)? = try await work.run() else {
            Issue.record("it was not found out")
            return
        }
        #expect(failure.code == "cluster.stage" && failure.place == "/nonexistent/stage")
    }

    @Test func aFullStageWaits() async throws {
        let work = try await LabWork(Lab(1), before: #"[ "$attempt" -gt 1 ] || leave 73"#)
        guard case .waits(let failure)? = try await work.run() else {
            Issue.record("it did not wait")
            return
        }
        #expect(failure.code == "disk.full")
        #expect(try await work.run() == nil)
    }
}
