import Nouns
import Testing
import WorkerProtocol

@testable import Launching

/// What follows from what is known of a job: the whole table, row by row, without a scheduler.
struct ClusterRulesTests {
    private var rules = ClusterRules(attempt: 3, now: 0)

    private func next(_ rules: ClusterRules, _ now: Double = 100) -> ClusterRules.Step {
        rules.next(now: now, grace: 10, folder: "/f")
    }

    /// One that has the number 7 and is at work.
    private func working() -> ClusterRules {
        var rules = rules
        rules.submitting()
        rules.learn(.taken("7"), now: 1)
        _ = rules.learn(.state(JobState(.working)), now: 2)
        return rules
    }

    /// Has the job tell of something, which is heard or passed over.
    private func say(
        _ rules: inout ClusterRules, _ kind: WorkerEvent.Kind, attempt: Int = 3, status: Int32? = nil,
        isHeard: Bool = true
    ) {
        let heard = rules.learn(event(kind, attempt: attempt, status: status))
        #expect(heard == isHeard)
    }

    private func event(_ kind: WorkerEvent.Kind, attempt: Int = 3, status: Int32? = nil) -> WorkerEvent {
        var event = WorkerEvent(kind, time: 1)
        (event.attempt, event.status) = (attempt, status)
        if kind == .result { event.result = WorkerResult() }
        return event
    }

    /// How one at work ends that tells of a status, or of nothing.
    private func end(_ end: JobState.End?, telling status: Int32? = nil) -> ClusterRules.Step {
        var rules = working()
        if let status { say(&rules, .ended, status: status) }
        _ = rules.learn(end.map { .state(JobState(.ended($0), reason: "why")) } ?? .unknown, now: 3)
        return next(rules)
    }

    private func failure(_ step: ClusterRules.Step) -> Failure? {
        guard case .conclude(let outcome) = step else { return nil }
        return switch outcome {
        case .done: nil
        case .ended(let end), .lost(let end), .tooLarge(let end): end.failure
        }
    }

    // MARK: - Silence

    @Test func silenceMeansNothing() {
        var rules = working()
        let before = rules
        for second in 3..<10_000 { _ = rules.learn(nil, now: Double(second)) }
        #expect(rules == before)
        #expect(next(rules, 10_000) == .wait)
        #expect(rules.silence(now: 3601, name: "n") == nil)
        #expect(rules.silence(now: 3602, name: "n")?.code == "cluster.silent")
        _ = rules.learn(.state(JobState(.working)), now: 3700)
        #expect(rules.silence(now: 3702, name: "n") == nil)
    }

    @Test func anAnswerThatSaysNothingNewChangesNothingThatIsKept() {
        var rules = working()
        let before = rules
        _ = rules.learn(.state(JobState(.working)), now: 5000)
        #expect(rules == before, "the file of a job is not written anew at each answer")
        #expect(rules.silence(now: 5001, name: "ft-x") == nil && before.silence(now: 5001, name: "ft-x") != nil)
    }

    @Test func aJobThatGaveNoNumberIsLookedForBeforeItIsHandedInAgain() {
        var rules = rules
        #expect(next(rules) == .submit)
        rules.submitting()
        rules.learn(.silence("timed out"), now: 1)
        #expect(next(rules) == .find)
        rules.learn(.absent, now: 2)
        #expect(next(rules) == .find, "once may be too early")
        rules.learn(.silence, now: 3)
        rules.learn(.absent, now: 4)
        #expect(next(rules) == .find, "silence between two answers is none")
        var found = rules
        rules.learn(.absent, now: 5)
        #expect(next(rules) == .submit)
        found.learn(.found("9"), now: 5)
        #expect(found.id == "9" && next(found) == .wait)
    }

    @Test func aRestartedDaemonLooksFirst() {
        var rules = rules
        rules.takeUp(attempt: 3, now: 1)
        #expect(next(rules) == .find)
        var known = working()
        known.takeUp(attempt: 3, now: 1)
        #expect(next(known) == .wait && known.id == "7")
    }

    // MARK: - Waiting

    @Test func whatWaitsSaysForWhat() {
        var rules = working()
        var state = JobState(.waiting, reason: "Resources")
        state.expected = "14:20"
        let told = rules.learn(.state(state), now: 3)
        #expect(told?.waiting?.inWords == "waits for nodes: Resources, about 14:20")
        let again = rules.learn(.state(state), now: 4)
        #expect(again == nil, "told once")
        #expect(next(rules) == .wait)
        let begun = rules.learn(.state(JobState(.working)), now: 5)
        #expect(begun?.event == .working)
    }

    @Test func whatWouldWaitForEverIsCancelledAndFails() {
        var rules = working()
        _ = rules.learn(.state(JobState(.stuck, reason: "PartitionConfig")), now: 3)
        #expect(next(rules) == .wait, "it may be the reason of a moment")
        _ = rules.learn(.state(JobState(.waiting, reason: "Priority")), now: 7)
        for second in 8...13 {
            _ = rules.learn(.state(JobState(.stuck, reason: "PartitionTimeLimit")), now: Double(second))
        }
        #expect(next(rules) == .cancel)
        _ = rules.learn(.state(JobState(.ended(.cancelled(by: nil)))), now: 4)
        let failure = failure(next(rules))
        #expect(failure?.code == "cluster.never" && failure?.place == "slurm.time")
        #expect(failure?.message.contains("PartitionTimeLimit") == true)
    }

    @Test func whatTheClusterCouldNotStartIsCancelledAndBegunAnew() {
        var rules = working()
        let held = JobState(.held, reason: "launch failed requeued held")
        for second in 3...8 { _ = rules.learn(.state(held), now: Double(second)) }
        #expect(next(rules) == .cancel, "nobody is to release it behind the back of the new one")
        _ = rules.learn(.state(JobState(.ended(.cancelled(by: nil)))), now: 9)
        guard case .conclude(.lost(.died(let failure))) = next(rules) else {
            Issue.record("\(next(rules))")
            return
        }
        #expect(failure.code == WorkerEnd.lostPeer && failure.place == "7")
        #expect(failure.message.contains("launch failed requeued held"))
        rules.want(.cancel)
        #expect(next(rules) == .conclude(.ended(.interrupted)), "and not where nobody wants it any more")
    }

    @Test func whatIsTakenBackAgainAndAgainBeforeItBeginsIsBegunAnew() {
        var rules = working()
        func takeBack(_ restarts: Int) {
            var state = JobState(.waiting, reason: "BeginTime")
            state.restarts = restarts
            _ = rules.learn(.state(state), now: Double(restarts))
        }
        for restarts in 1...3 { takeBack(restarts) }
        // Its engine has said a word: they were no vain starts.
        say(&rules, .started)
        for restarts in 4...6 { takeBack(restarts) }
        #expect(next(rules) == .wait)
        takeBack(7)
        #expect(next(rules) == .cancel)
        _ = rules.learn(.unknown, now: 8)
        guard case .conclude(.lost(.died(let failure))) = next(rules) else {
            Issue.record("\(next(rules))")
            return
        }
        #expect(failure.message.contains("7 back 7 times") && failure.remedy?.contains("uid") == true)
    }

    @Test func whatIsRefusedFails() {
        var rules = rules
        rules.submitting()
        rules.learn(.refused(Failure(code: "cluster.refused", "No.")), now: 1)
        #expect(failure(next(rules))?.code == "cluster.refused")
    }

    // MARK: - Ends

    @Test func theResultCountsWhateverTheSchedulerSays() {
        var rules = working()
        say(&rules, .result)
        #expect(next(rules) == .wait, "it has not said that it leaves")
        say(&rules, .ended, status: 0)
        #expect(next(rules) == .conclude(.done))
        _ = rules.learn(.state(JobState(.ended(.cancelled(by: "uid 1")))), now: 3)
        #expect(next(rules) == .conclude(.done))
    }

    @Test(arguments: [64, 65, 66, 70, 73, 74, 75, 76] as [Int32])
    func itsOwnLastWordIsItsStatus(_ status: Int32) {
        for how in [JobState.End.completed, .failed(143), .lost, .interrupted] {
            let expected = WorkerEnd(exit: status, saying: nil, in: "/f")
            let isOfNodes = status == 74 || how == .lost
            let outcome: ClusterRules.Outcome = isOfNodes ? .lost(expected) : .ended(expected)
            #expect(end(how, telling: status) == .conclude(outcome))
        }
        #expect(end(nil, telling: status) == end(.completed, telling: status), "purged")
    }

    @Test func aLastWordIsWaitedForBriefly() {
        var rules = working()
        _ = rules.learn(.state(JobState(.ended(.failed(1)))), now: 50)
        #expect(next(rules, 51) == .wait)
        say(&rules, .ended, status: 65)
        #expect(next(rules, 51) == .conclude(.ended(WorkerEnd(exit: 65, saying: nil, in: "/f"))))
    }

    @Test func memoryIsTriedWithLessOnce() {
        guard case .conclude(.tooLarge(.died(let failure))) = end(.outOfMemory) else {
            Issue.record("\(end(.outOfMemory))")
            return
        }
        #expect(failure.code == "cluster.memory")
        // Rank 0 only knows that a peer is gone.
        #expect(end(.outOfMemory, telling: 74) == end(.outOfMemory))
        var rules = ClusterRules(attempt: 4, isReduced: true, now: 0)
        rules.submitting()
        rules.learn(.taken("8"), now: 1)
        rules.learnOutOfMemory()
        var state = JobState(.ended(.failed(1)))
        state.memory = "it had 500M a node, a task used 499M or more"
        _ = rules.learn(.state(state), now: 2)
        guard case .conclude(.ended(.failed(let second))) = next(rules) else {
            Issue.record("\(next(rules))")
            return
        }
        #expect(second.code == "cluster.memory" && second.message.contains("500M"))
    }

    @Test(arguments: [JobState.End.lost, .failed(74), .completed])
    func lostWorkIsBegunAnew(_ how: JobState.End) {
        guard case .conclude(.lost(.died(let failure))) = end(how) else {
            Issue.record("\(end(how))")
            return
        }
        #expect(failure.code == WorkerEnd.lostPeer)
    }

    @Test func purgedJobsAreWhatTheFolderSays() {
        #expect(failure(end(nil))?.code == WorkerEnd.lostPeer)
        var rules = working()
        say(&rules, .result)
        say(&rules, .ended, status: 0)
        _ = rules.learn(.unknown, now: 3)
        #expect(next(rules) == .conclude(.done))
    }

    @Test func whatTheClusterInterruptsGoesOn() {
        #expect(failure(end(.interrupted))?.code == WorkerEnd.leftUnasked)
        #expect(end(.interrupted, telling: 75) == .conclude(.ended(WorkerEnd(exit: 75, saying: nil, in: "/f"))))
    }

    @Test func whatSomebodyElseCancelsFails() {
        for status in [nil, 75] as [Int32?] {
            guard case .conclude(.ended(.failed(let failure))) = end(.cancelled(by: "uid 1234"), telling: status) else {
                Issue.record("\(end(.cancelled(by: "uid 1234")))")
                return
            }
            #expect(failure.message == "The job 7 was cancelled on the cluster by uid 1234.")
        }
    }

    @Test(arguments: [JobState.End.failed(ClusterRules.unseen), .unlaunched])
    func aFolderThatNodesDoNotSeeIsNamed(_ how: JobState.End) {
        #expect(failure(end(how))?.code == "cluster.stage")
    }

    // MARK: - Requeued

    @Test func aRequeuedJobIsTheSameWorkByTheNextAttempt() {
        var rules = working()
        say(&rules, .ended, status: 75)
        _ = rules.learn(.state(JobState(.waiting, reason: "BeginTime")), now: 4)
        #expect(next(rules) == .wait)
        _ = rules.learn(.state(JobState(.working)), now: 5)
        say(&rules, .started, attempt: 4)
        #expect(rules.attempt == 4)
        say(&rules, .result, attempt: 3, isHeard: false)
        say(&rules, .ended, attempt: 3, status: 0, isHeard: false)
        #expect(next(rules) == .wait)
        say(&rules, .result, attempt: 4)
        say(&rules, .ended, attempt: 4, status: 0)
        #expect(next(rules) == .conclude(.done))
    }

    // MARK: - Wishes

    @Test func aStopIsASignalThenTimeThenTheEnd() {
        var rules = working()
        rules.want(.stop)
        #expect(next(rules) == .signal)
        #expect(next(rules, 9_999) == .signal, "time counts once it was told")
        rules.signalled(now: 100)
        #expect(next(rules, 105) == .wait)
        #expect(next(rules, 110) == .cancel)
        _ = rules.learn(.state(JobState(.ended(.failed(75)))), now: 111)
        #expect(next(rules, 120) == .conclude(.ended(.interrupted)))
    }

    @Test func whatHasNoMachinesIsCancelledAtOnce() {
        var rules = working()
        _ = rules.learn(.state(JobState(.waiting, reason: "Priority")), now: 3)
        rules.want(.stop)
        #expect(next(rules) == .cancel)
    }

    @Test func aCancelIsRememberedUntilTheJobIsGone() {
        var rules = working()
        rules.want(.cancel)
        rules.want(.work)
        #expect(rules.wish == .cancel && next(rules) == .cancel && !rules.isGone)
        _ = rules.learn(nil, now: 9999)
        #expect(next(rules, 9999) == .cancel)
        _ = rules.learn(.unknown, now: 10_000)
        #expect(rules.isGone)
        // One that may be there is looked for before it is forgotten.
        var unknown = self.rules
        unknown.submitting()
        unknown.learn(.silence(""), now: 1)
        unknown.want(.cancel)
        #expect(next(unknown) == .find && !unknown.isGone)
        unknown.learn(.absent, now: 2)
        unknown.learn(.absent, now: 3)
        #expect(unknown.isGone)
    }

    @Test func whatIsKnownOutlivesTheDaemon() throws {
        var rules = working()
        rules.want(.stop)
        let read = try ContractCoding.decode(ClusterRules.self, from: ContractCoding.encode(rules))
        #expect(read.id == "7" && read.wish == .stop && next(read) == .signal)
    }
}
