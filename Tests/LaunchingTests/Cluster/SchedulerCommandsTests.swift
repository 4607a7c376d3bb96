import Foundation
import Nouns
import TestSupport
import Testing

@testable import Launching

/// What is asked of schedulers, how often, and what is made of their answers; the commands are a few lines of shell.
struct SchedulerCommandsTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    private func slurm(_ script: String) async throws -> SlurmCommands {
        SlurmCommands(via: [try await sandbox.script("slurm.sh", script)], folder: sandbox.root + "/commands")
    }

    private func program(_ script: String, patience: Double = 60) async throws -> ProgramCommands {
        ProgramCommands(
            program: try await sandbox.script("launcher.sh", script), folder: sandbox.root + "/commands",
            patience: patience)
    }

    private let order = JobOrder(name: "ft-1", folder: "/f", script: "#!/bin/bash\n")

    // MARK: - Slurm

    @Test func aHundredJobsAreAskedAboutByTwoCommandsAtMost() async throws {
        // Ten of them have failed, and ten are gone.
        let commands = try await slurm(
            """
            case "$1" in
                squeue) echo JOBID@NAME@STATE@START_TIME@NODELIST@REASON
                    seq 1 80 | sed 's/.*/&@ft-&@RUNNING@N\\/A@n1@None/'
                    seq 81 90 | sed 's/.*/&@ft-&@FAILED@N\\/A@n1@NonZeroExitCode/';;
                sacct) echo 'JobID|JobName|State|ExitCode|ReqMem|MaxRSS|NodeList'
                    seq 81 100 | sed 's/.*/&|ft-&|FAILED|65:0|1G||n1/';;
            esac
            """)
        let facts = await commands.facts((1...100).map { Self.job("\($0)") })
        #expect(commands.count == 2 && facts.count == 100)
        #expect(facts["ft-7"] == .state(Self.on(.working)))
        guard case .state(let state)? = facts["ft-95"] else {
            Issue.record("\(String(describing: facts["ft-95"]))")
            return
        }
        #expect(state.end == .failed(65))
        // Those whose own last event is known need no second command.
        _ = await commands.facts((1...90).map { Self.job("\($0)", isEndKnown: true) })
        #expect(commands.count == 3)
    }

    private static func job(_ id: String, isEndKnown: Bool = false) -> JobQuestion {
        JobQuestion(id, of: "ft-\(id)", isEndKnown: isEndKnown)
    }

    private static func on(_ phase: JobState.Phase) -> JobState {
        var state = JobState(phase)
        state.hosts = "n1"
        return state
    }

    @Test func withoutAccountsTheControllerIsAskedAboutOneAtATime() async throws {
        let commands = try await slurm(
            """
            case "$1" in
                squeue) echo JOBID@NAME@STATE@START_TIME@NODELIST@REASON; echo 1@ft-1@RUNNING@x@n1@None;;
                sacct) echo 'Slurm accounting storage is disabled' >&2; exit 1;;
                scontrol) [ "$5" = 3 ] && {
                        echo 'JobId=3 JobName=ft-3 JobState=FAILED Reason=NonZeroExitCode ExitCode=75:0 NodeList=n2'
                        exit; }
                    echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1;;
            esac
            """)
        var facts: [String: JobFact] = [:]
        for _ in 0..<5 {
            facts.merge(await commands.facts(["1", "2", "3"].map { Self.job($0) })) { $1 }
        }
        #expect(facts["ft-2"] == .unknown)
        guard case .state(let state)? = facts["ft-3"] else {
            Issue.record("\(facts)")
            return
        }
        #expect(state.end == .failed(75) && state.hosts == "n2")
        // Five times squeue, the accounts once, and then scontrol: never more than two.
        #expect(commands.count == 10)
    }

    @Test func whatTheAccountsDoNotKnowYetTheControllerIsAskedTheNextTime() async throws {
        let commands = try await slurm(
            """
            case "$1" in
                squeue) echo JOBID@NAME@STATE@START_TIME@NODELIST@REASON;;
                sacct) echo 'JobID|JobName|State|ExitCode|ReqMem|MaxRSS|NodeList'; echo '1|ft-1|RUNNING|0:0|1G||n1';;
                scontrol) echo "JobId=$5 JobName=ft-$5 JobState=FAILED Reason=NonZeroExitCode ExitCode=75:0";;
            esac
            """)
        #expect(await commands.facts([Self.job("1")]).isEmpty && commands.count == 2)
        guard case .state(let state)? = await commands.facts([Self.job("1")])["ft-1"] else {
            Issue.record("the controller was not asked")
            return
        }
        #expect(state.end == .failed(75) && commands.count == 4)
    }

    @Test func whoWaitsForItsTimeIsAskedHowOftenItWasTakenBack() async throws {
        let commands = try await slurm(
            """
            case "$1" in
                squeue) echo JOBID@NAME@STATE@START_TIME@NODELIST@REASON
                    echo 1@ft-1@PENDING@x@@BeginTime; echo 2@ft-2@PENDING@x@@Priority;;
                scontrol) echo "JobId=$5 JobName=ft-$5 JobState=PENDING Reason=BeginTime Restarts=2 ExitCode=0:0";;
            esac
            """)
        let facts = await commands.facts([Self.job("1"), Self.job("2")])
        guard case .state(let first)? = facts["ft-1"], case .state(let second)? = facts["ft-2"] else {
            Issue.record("\(facts)")
            return
        }
        #expect(first.restarts == 2 && second.restarts == nil && commands.count == 2)
    }

    @Test func aNumberThatIsAnotherJobsByNowTellsNothingOfThatOne() async throws {
        let commands = try await slurm(
            """
            echo "$*" >>"$(dirname "$0")/asked"
            case "$1" in
                squeue) echo JOBID@NAME@STATE@START_TIME@NODELIST@REASON; echo 1@ft-9@CANCELLED@x@n1@None;;
                sacct) echo 'JobID|JobName|State|ExitCode|ReqMem|MaxRSS|NodeList'
                    echo '1|ft-9|CANCELLED by 0|0:0|1G||n1'; echo '2|ft-9|FAILED|1:0|1G||n1';;
                scontrol) echo "JobId=$5 JobName=ft-9 JobState=FAILED Reason=None ExitCode=75:0 NodeList=n2";;
            esac
            """)
        let jobs = [Self.job("1"), JobQuestion("1", of: "ft-9", isEndKnown: true), Self.job("2")]
        let facts = await commands.facts(jobs)
        guard case .state(let state)? = facts["ft-9"] else {
            Issue.record("\(facts)")
            return
        }
        #expect(facts["ft-1"] == .unknown && facts["ft-2"] == nil && state.end == .cancelled(by: "uid 0"))
        // Of the accounts' stranger the controller is asked next, and shows the same.
        #expect(await commands.facts([Self.job("2")]).isEmpty)
        #expect(await commands.facts([Self.job("2")]) == ["ft-2": .unknown])
        _ = await commands.stop("1", of: "ft-1")
        _ = await commands.cancel("1", of: "ft-1")
        let asked = try String(contentsOfFile: sandbox.root + "/asked", encoding: .utf8)
        #expect(asked.hasSuffix("scancel --signal=TERM --name=ft-1 1\nscancel --name=ft-1 1\n"))
    }

    @Test func aCommandThatHangsIsEndedAndMeansNothing() async throws {
        let commands = SlurmCommands(
            via: [try await sandbox.script("slurm.sh", "echo 7; exec sleep 1000")],
            folder: sandbox.root + "/commands", patience: 0.5)
        #expect(await commands.submit(order) == .silence("sbatch could not be started"))
        #expect(await commands.facts([Self.job("1")]).isEmpty && commands.count == 2)
    }

    @Test(arguments: ["", "echo nonsense", "exit 1", "echo JOBID; exit 1", "kill -9 $$"])
    func noAnswerIsNoFact(_ script: String) async throws {
        let commands = try await slurm(script)
        #expect(await commands.facts([Self.job("1")]).isEmpty)
        #expect(await commands.find("ft-1") == .silence)
        guard case .silence = await commands.submit(order) else {
            Issue.record("something was concluded from '\(script)'")
            return
        }
        #expect(await commands.broken("n1").isEmpty)
    }

    @Test func anAnswerHasItsHead() async throws {
        let commands = try await slurm("echo Welcome; echo JOBID@STATE; [ \"$6\" = ft-2 ] || echo 9@PENDING")
        #expect(await commands.find("ft-1") == .found("9"))
        #expect(await commands.find("ft-2") == .absent)
    }

    @Test func aMachineWithoutSbatchIsNamed() async throws {
        let commands = SlurmCommands(via: ["/nonexistent/prefix"], folder: sandbox.root + "/commands")
        guard case .refused(let failure) = await commands.submit(order) else {
            Issue.record("nobody has said that there is none")
            return
        }
        #expect(failure.place == "slurm.via")
    }

    @Test func brokenNodesAreThoseThatSlurmSaysAre() async throws {
        let commands = try await slurm(
            "printf 'NODELIST@STATE\\nn1@allocated\\nn2@down*\\nn3@draining\\nn4@idle*\\nn2@down*\\n'")
        #expect(await commands.broken("n[1-4]") == ["n2", "n3", "n4"])
    }

    // MARK: - Programs

    @Test func aProgramIsAskedByVerbs() async throws {
        let commands = try await program(
            """
            echo "$1 $2" >>"$(dirname "$0")/asked"
            case "$1" in
                submit) echo job-1;;
                state) echo '{"state": "waiting", "reason": "quota", "extra": 1}';;
                find) [ "$2" = ft-1 ] && echo job-1 || echo none;;
            esac
            """)
        #expect(await commands.submit(order) == .taken("job-1"))
        #expect(await commands.find("ft-1") == .found("job-1"))
        #expect(await commands.find("ft-2") == .absent)
        let facts = await commands.facts([JobQuestion("job-1", of: "ft-1")])
        #expect(facts == ["ft-1": .state(JobState(.waiting, reason: "quota"))])
        #expect(await commands.stop("job-1", of: "ft-1"))
        #expect(await commands.cancel("job-1", of: "ft-1"))
        let asked = try String(contentsOfFile: sandbox.root + "/asked", encoding: .utf8)
        #expect(asked == "submit /f\nfind ft-1\nfind ft-2\nstate job-1\nstop job-1\ncancel job-1\n")
    }

    @Test(arguments: [
        "", "echo", "echo 'two words'", "printf '\\377\\376'", "echo '{\"state\": \"dancing\"}'", "echo '{'", "exit 3",
        "head -c 3000000 /dev/zero", "kill -9 $$",
    ])
    func nonsenseIsNoFact(_ script: String) async throws {
        let commands = try await program(script)
        #expect(await commands.facts([Self.job("1")]).isEmpty)
        #expect(await commands.find("ft-1") == .silence)
        guard case .silence = await commands.submit(order) else {
            Issue.record("something was concluded from '\(script)'")
            return
        }
    }

    @Test func aProgramThatHangsIsEndedAndMeansNothing() async throws {
        let commands = try await program("echo job-1; exec sleep 1000", patience: 0.5)
        guard case .silence = await commands.submit(order) else {
            Issue.record("it had not answered")
            return
        }
        #expect(await commands.cancel("job-1", of: "ft-1") == false)
    }

    @Test func aProgramCanRefuse() async throws {
        guard case .refused(let failure) = await (try program("echo 'no such queue' >&2; exit 64")).submit(order) else {
            Issue.record("it was not heard")
            return
        }
        #expect(failure.code == "cluster.refused" && failure.cause?.contains("no such queue") == true)
        let missing = ProgramCommands(program: "/nonexistent/launcher", folder: sandbox.root + "/commands")
        guard case .refused = await missing.submit(order) else {
            Issue.record("there is no such program")
            return
        }
    }

    @Test(arguments: [
        (#"{"state": "working", "hosts": ["gpu1"]}"#, JobState.Phase.working),
        (#"{"state": "ended", "status": 0}"#, .ended(.completed)),
        (#"{"state": "ended", "status": 75}"#, .ended(.failed(75))), (#"{"state": "ended"}"#, .ended(.failed(nil))),
        (#"{"state": "memory"}"#, .ended(.outOfMemory)), (#"{"state": "lost"}"#, .ended(.lost)),
        (#"{"state": "interrupted"}"#, .ended(.interrupted)),
        (#"{"state": "cancelled", "reason": "anna"}"#, .ended(.cancelled(by: "anna"))),
    ])
    func everyStateHasAMeaning(_ text: String, _ phase: JobState.Phase) throws {
        let answer = try ContractCoding.decode(ProgramCommands.Answer.self, from: Data(text.utf8))
        guard case .state(let state)? = answer.fact else {
            Issue.record("\(answer)")
            return
        }
        #expect(state.phase == phase)
    }

    @Test func thePageHasEveryState() throws {
        let page = try String(contentsOfFile: TestSupport.repository + "/docs/launchers.md", encoding: .utf8)
        for state in ProgramCommands.Answer.State.allCases { #expect(page.contains("| `\(state.rawValue)` |")) }
    }
}
