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
        ("PENDING", "QOSMinGRES", .stuck), ("REQUEUE_HOLD", "launch failed requeued held", .stuck),
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

    @Test func accountsTellOfMemoryAndOfWhoCancelled() {
        let text = """
            JobID|State|ExitCode|ReqMem|MaxRSS|NodeList
            7|FAILED|1:0|500M||n1
            7.batch|FAILED|1:0||3000K|n1
            7.0|OUT_OF_MEMORY|0:125||498000K|n1
            8|CANCELLED by 1234|0:15|500M||n2
            9|RUNNING|0:0|500M||n2
            """
        let facts = SlurmAccounts.facts(
            SlurmText.table(text, first: "JobID", separator: "|") ?? [], of: ["7", "8", "9"])
        guard case .state(let memory)? = facts["7"], case .state(let cancelled)? = facts["8"] else {
            Issue.record("\(facts)")
            return
        }
        #expect(memory.end == .outOfMemory && memory.memory == "it had 500M a node, a task used 498000K or more")
        #expect(cancelled.end == .cancelled(by: "uid 1234") && facts["9"] == nil)
    }

    /// Texts of `src/common/slurm_errno.c`; the first two and those of partitions and nodes as seen with 22.05.8.
    @Test(arguments: [
        ("sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)", nil),
        ("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", nil),
        ("sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying", nil),
        ("ssh: connect to host login1 port 22: Connection refused", nil),
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
