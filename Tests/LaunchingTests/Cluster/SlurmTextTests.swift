import Foundation
import TestSupport
import Testing

@testable import Launching

/// What Slurm's commands print, of several versions, and what it means.
struct SlurmTextTests {
    @Test(arguments: [
        ("PENDING", "Resources", JobState.Phase.waiting), ("PENDING", "Priority", .waiting),
        ("PENDING", "BeginTime", .waiting), ("PENDING", "ReqNodeNotAvail, UnavailableNodes:n2", .waiting),
        ("PENDING", "QOSMaxJobsPerUserLimit", .waiting), ("PENDING", "AssocGrpCpuLimit", .waiting),
        ("PENDING", "PartitionDown", .waiting), ("PENDING", "JobHeldUser", .waiting),
        ("CONFIGURING", "None", .waiting), ("REQUEUED", "", .waiting), ("SUSPENDED", "None", .waiting),
        ("PENDING", "PartitionNodeLimit", .stuck), ("PENDING", "PartitionTimeLimit", .stuck),
        ("PENDING", "PartitionConfig", .stuck), ("PENDING", "BadConstraints", .stuck),
        ("PENDING", "InvalidAccount", .stuck), ("PENDING", "InvalidQOS", .stuck), ("PENDING", "JobHeldAdmin", .stuck),
        ("PENDING", "AssocMaxCpuPerJobLimit", .stuck), ("PENDING", "QOSMaxWallDurationPerJobLimit", .stuck),
        ("PENDING", "QOSMinGRES", .stuck), ("PENDING", "ReservationDeleted", .stuck),
        ("REQUEUE_HOLD", "job requeued in held state", .stuck), ("RESV_DEL_HOLD", "None", .stuck),
        ("REQUEUE_HOLD", "launch failed requeued held", .held), ("PENDING", "launch failed requeued held", .held),
        ("PENDING", "launch failure limit exceeded requeued held", .held), ("PENDING", "JobHoldMaxRequeue", .held),
        ("EXPEDITING", "None", .waiting),
        ("RUNNING", "None", .working), ("COMPLETING", "None", .working),
        ("COMPLETED", "None", .ended(.completed)), ("NODE_FAIL", "None", .ended(.lost)),
        ("BOOT_FAIL", "None", .ended(.lost)), ("TIMEOUT", "TimeLimit", .ended(.interrupted)),
        ("DEADLINE", "DeadLine", .ended(.interrupted)), ("PREEMPTED", "None", .ended(.interrupted)),
        ("OUT_OF_MEMORY", "OutOfMemory", .ended(.outOfMemory)),
        ("CANCELLED", "None", .ended(.cancelled(by: nil))),
        ("CANCELLED by 1234", "None", .ended(.cancelled(by: "uid 1234"))),
    ])
    func everyStateHasAMeaning(_ word: String, _ reason: String, _ phase: JobState.Phase) {
        #expect(SlurmText.state(word, reason: reason)?.phase == phase)
    }

    @Test func aStateThatNobodyKnowsIsNoFact() {
        #expect(SlurmText.state("", reason: nil) == nil && SlurmText.state("TELEPORTED", reason: nil) == nil)
    }

    @Test(arguments: [
        ("75:0", "NonZeroExitCode", JobState.End.failed(75)), ("1:0", "NonZeroExitCode", .failed(1)),
        ("0:9", "RaisedSignal:9(Killed)", .failed(137)), ("0:53", "JobLaunchFailure", .unlaunched),
        ("", "None", .failed(nil)),
    ])
    func aFailureHasItsStatus(_ exit: String, _ reason: String, _ end: JobState.End) {
        #expect(SlurmText.state("FAILED", reason: reason, exit: exit)?.end == end)
    }

    @Test func atTablesWithoutTheirHeadNobodyHasAnswered() {
        #expect(SlurmText.table("", first: "JOBID") == nil)
        #expect(SlurmText.table("7@RUNNING\n", first: "JOBID") == nil)
        #expect(SlurmText.table("Last login: today\nJOBID@STATE\n", first: "JOBID")?.isEmpty == true)
        let rows = SlurmText.table("JOBID@STATE@NODELIST@REASON\n7@PENDING@@a, b@c\n", first: "JOBID")
        #expect(rows?.first == ["JOBID": "7", "STATE": "PENDING", "NODELIST": "", "REASON": "a, b@c"])
    }

    @Test func aJobIsItsFields() {
        let fields = SlurmText.job(Self.scontrol)
        #expect(fields?["JobId"] == "1" && fields?["JobState"] == "FAILED" && fields?["ExitCode"] == "0:53")
        #expect(fields?["NodeList"] == "n1" && SlurmText.job("slurm_load_jobs error") == nil)
    }

    /// Slurm 22.05.8, as it was seen; the layout is that of `slurm_sprint_job_info` in `src/api/job_info.c`.
    static let scontrol = """
        JobId=1 JobName=ft-x UserId=root(0) GroupId=root(0) MCS_label=N/A Priority=4294901759 Nice=0 Account=(null) \
        QOS=(null) JobState=FAILED Reason=JobLaunchFailure Dependency=(null) Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 \
        ExitCode=0:53 RunTime=00:00:01 TimeLimit=01:00:00 TimeMin=N/A SubmitTime=2026-11-29T12:52:34 \
        StartTime=2026-11-29T12:52:35 EndTime=2026-11-29T12:52:36 Partition=main ReqNodeList=(null) ExcNodeList=(null) \
        NodeList=n1 BatchHost=n1 NumNodes=1 NumCPUs=1 NumTasks=1 Command=(null) WorkDir=/tmp StdErr=/nowhere/x.log
        """

    // MARK: - Versions

    private static func fixture(_ name: String) throws -> String {
        try String(contentsOfFile: TestSupport.repository + "/Tests/Fixtures/slurm/" + name, encoding: .utf8)
    }

    @Test(arguments: ["22.05", "23.02", "23.11", "24.05", "24.11", "25.05", "25.11"])
    func aJobIsReadInEveryVersion(_ version: String) throws {
        let lines = try Self.fixture("show-job.txt").split(separator: "\n").filter { $0.hasPrefix(version + "\t") }
        let states = lines.compactMap { line -> (JobState?, String?)? in
            guard let fields = SlurmText.job(String(line.dropFirst(version.count + 1))) else { return nil }
            #expect(fields["JobId"] == "7" && fields["JobName"] == "ft-1f0c2a9b-r-000001-1")
            let state = SlurmText.state(fields["JobState"] ?? "", reason: fields["Reason"], exit: fields["ExitCode"])
            return (state, fields["NodeList"])
        }
        #expect(states.map { $0.0?.phase } == [.ended(.failed(75)), .stuck, .ended(.lost)])
        #expect(states.map { $0.1 } == ["gpu[3-4]", "(null)", "gpu[3-4]"])
        #expect(states.compactMap { $0.0?.reason }.dropFirst().first.map(SlurmReason.key) == "slurm.account")
    }

    @Test func aQueueIsReadWhateverStandsInThePlaceOfAReason() throws {
        let rows = try #require(SlurmText.table(try Self.fixture("queue.txt"), first: "JOBID"))
        let phases = rows.map { SlurmText.state($0["STATE"] ?? "", reason: $0["REASON"])?.phase }
        #expect(
            phases == [
                .working, .stuck, .waiting, .waiting, .held, .waiting, .waiting, .stuck, .waiting, .stuck, .stuck,
            ])
        let keys = rows.compactMap { $0["REASON"] }.map(SlurmReason.key)
        #expect(keys[1] == "slurm.account" && keys[7] == "slurm.options" && keys[9] == "slurm.options")
    }

    @Test func accountsAreReadAsTheyWereShown() throws {
        let rows = try #require(
            SlurmText.table(try Self.fixture("accounts.txt"), first: "JobID", separator: "|"))
        let ids = ["4979526", "568951", "568963", "314831", "8183088", "8183089", "974798"]
        let ends = ids.map { id -> JobState.End? in
            guard case .state(let state)? = Self.facts(rows, [id])["ft-\(id)"] else { return nil }
            return state.end
        }
        #expect(
            ends == [
                .outOfMemory, .outOfMemory, .interrupted, .cancelled(by: "uid 30154"), .failed(1), .completed, nil,
            ])
    }

    @Test func accountsTellOfMemoryAndOfWhoCancelled() {
        let text = """
            JobID|JobName|State|ExitCode|ReqMem|MaxRSS|NodeList
            7|ft-7|FAILED|1:0|500M||n1
            7.batch|batch|FAILED|1:0||3000K|n1
            7.0|python|OUT_OF_MEMORY|0:125||498000K|n1
            8|ft-8|CANCELLED by 1234|0:15|500M||n2
            9|ft-9|RUNNING|0:0|500M||n2
            10|another|CANCELLED by 1234|0:0|500M||n2
            """
        let facts = Self.facts(
            SlurmText.table(text, first: "JobID", separator: "|") ?? [], ["7", "8", "9", "10"])
        guard case .state(let memory)? = facts["ft-7"], case .state(let cancelled)? = facts["ft-8"] else {
            Issue.record("\(facts)")
            return
        }
        #expect(memory.end == .outOfMemory && memory.memory == "it had 500M a node, a task used 498000K or more")
        #expect(cancelled.end == .cancelled(by: "uid 1234") && facts["ft-9"] == nil)
        #expect(facts["ft-10"] == nil, "the number is another job's")
    }

    private static func facts(_ rows: [[String: String]], _ ids: [String]) -> [String: JobFact] {
        SlurmAccounts.facts(rows, of: ids.map { JobQuestion($0, of: "ft-\($0)") })
    }

    /// Texts of `src/common/slurm_errno.c`; the first two and those of partitions and nodes as seen with 22.05.8.
    @Test(arguments: [
        ("sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)", nil),
        ("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", nil),
        ("sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying", nil),
        ("ssh: connect to host login1 port 22: Connection refused", nil),
        ("sbatch: error: Batch job submission failed: Unexpected missing socket error", nil),
        ("sbatch: error: Batch job submission failed: Rate limit exceeded, please retry momentarily", nil),
        (
            "sbatch: error: invalid partition specified: x\n"
                + "sbatch: error: Batch job submission failed: Invalid partition name specified", "slurm.partition"
        ),
        (
            "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified",
            "slurm.account"
        ),
        (
            "sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds a limit)",
            "slurm.time"
        ),
        ("sbatch: error: Batch job submission failed: Requested node configuration is not available", "slurm.options"),
        ("sbatch: error: Batch job submission failed: Node count specification invalid", "nodes"),
        ("sbatch: unrecognized option '--foo'\nTry \"sbatch --help\" for more information", "slurm.options"),
    ])
    func refusalsNameTheKeyAndSilenceNone(_ text: String, _ key: String?) {
        var ending = HookProgram.Ending(status: 1, output: text, timedOut: false)
        #expect(SlurmRefusal.read(ending)?.place == key)
        ending.status = nil
        if !text.contains("unrecognized") { #expect(SlurmRefusal.read(ending) == nil, "a killed command says nothing") }
    }

    @Test func whatSshHandsOnIsQuoted() {
        #expect(RemoteWords.via(["ssh", "a"], ["x", "n[1-2]"]) == ["ssh", "a", "x", "'n[1-2]'"])
        #expect(RemoteWords.via(["sudo"], ["x", "n[1-2]"]) == ["sudo", "x", "n[1-2]"])
        #expect(RemoteWords.quoted("it's") == #"'it'\''s'"#)
    }
}
