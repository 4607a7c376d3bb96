import Nouns
import WorkerProtocol

/// What is known of one job, and what follows from it: facts in, the next step out. Pure.
///
/// Nothing is ever concluded from silence: where nobody answers, the last state holds. A job is looked for by its name
/// before it is handed in a second time, and its own last event counts for more than what a scheduler says of it.
package struct ClusterRules: Codable, Hashable, Sendable {
    /// What the daemon wants of the job.
    package enum Wish: String, Codable, Hashable, Sendable { case work, stop, cancel }

    /// What is to be done next.
    package enum Step: Hashable, Sendable {
        case find, submit, signal, cancel, wait
        case conclude(Outcome)
    }

    /// What a job came to.
    package enum Outcome: Hashable, Sendable {
        /// It gave a result, which is still to be fetched and looked at.
        case done
        case ended(WorkerEnd)
        /// As before, by the fault of nodes.
        case lost(WorkerEnd)
        /// It ran out of memory for the first time: less is to be tried.
        case tooLarge(WorkerEnd)
    }

    /// The answers that in a row must say that there is no such job before it is handed in again.
    static let absencesNeeded = 2
    /// Seconds that a job's last event may come after its scheduler has said that it is over.
    static let patience = 5.0
    /// How often a job may be taken back in a row before its engine says a word.
    static let vainStarts = 3
    /// Seconds of silence after which people are told.
    static let longSilence = 3600.0
    /// The status by which a job's script says that a node does not see the folder.
    package static let unseen: Int32 = 72

    /// What the scheduler calls the job.
    package private(set) var id: String?
    /// Whether it may have the job, although it gave no number.
    private var mayBeThere = false
    private var absences = 0
    package private(set) var wish = Wish.work
    /// When the job was told to leave.
    private var signalledAt: Double?
    package private(set) var state: JobState?
    private var endedSince: Double?
    private var stuckSince: Double?
    private var isUnknown = false
    /// Why it is cancelled by us, where that is nobody's wish.
    private var verdict: Failure?
    /// Whether it is cancelled for what is the nodes' fault; records of former versions do not say.
    private var isVerdictOnNodes: Bool?
    /// How often the scheduler had taken the job back when that was first seen after its engine's last word.
    private var restartsBefore: Int?
    private var ranOut = false
    /// Whether less memory was tried already.
    private let isReduced: Bool

    /// The newest attempt that was heard of, and its last words.
    package private(set) var attempt: Int
    private var status: Int32?
    private var failure: Failure?
    private var hasResult = false

    /// When the scheduler answered last; not kept over a restart.
    private var answered: Double {
        get { answer.seconds }
        set { answer.seconds = newValue }
    }
    private var answer = Answer()

    /// A moment by which no two states of a job differ: otherwise each answer would have its file written anew.
    private struct Answer: Hashable {
        var seconds = 0.0
        static func == (_: Self, _: Self) -> Bool { true }
        func hash(into _: inout Hasher) {}
    }

    /// - Parameters:
    ///   - attempt: the first attempt that is the job's.
    ///   - isReduced: whether it ran out of memory before.
    ///   - now: seconds since 1970.
    package init(attempt: Int, isReduced: Bool = false, now: Double) {
        self.attempt = attempt
        self.isReduced = isReduced
        answered = now
    }

    /// Whether its own last event was heard.
    package var isEndKnown: Bool { status != nil }
    /// Whether the scheduler is known to have no such job any more.
    package var isGone: Bool { isUnknown || state?.end != nil || (id == nil && !mayBeThere) }

    // MARK: - Facts

    /// The job is about to be handed in: from now on the scheduler may have it.
    package mutating func submitting() { (mayBeThere, absences) = (true, 0) }

    package mutating func learn(_ submission: JobSubmission, now: Double) {
        switch submission {
        case .taken(let id):
            self.id = id
            answered = now
        case .refused(let failure):
            verdict = failure
            (mayBeThere, answered) = (false, now)
        case .silence: (mayBeThere, absences) = (true, 0)
        }
    }

    package mutating func learn(_ finding: JobFinding, now: Double) {
        switch finding {
        case .found(let id):
            self.id = id
            answered = now
        case .absent:
            absences += 1
            answered = now
            if absences >= Self.absencesNeeded { mayBeThere = false }
        case .silence: absences = 0
        }
    }

    /// Returns what is to be told of it.
    package mutating func learn(_ fact: JobFact?, now: Double) -> WorkerEvent? {
        guard let fact else { return nil }
        answered = now
        switch fact {
        case .unknown:
            isUnknown = true
            if endedSince == nil { endedSince = now }
            return nil
        case .state(let new):
            let former = state
            state = new
            isUnknown = false
            if new.end == nil { endedSince = nil } else if endedSince == nil { endedSince = now }
            judgeStuck(new, now)
            judgeRestarts(new)
            return told(new, former)
        }
    }

    /// The first reason that a scheduler gives may be one of a moment: it counts once it stays.
    private mutating func judgeStuck(_ state: JobState, _ now: Double) {
        guard state.phase == .stuck || state.phase == .held else {
            stuckSince = nil
            return
        }
        let since = stuckSince ?? now
        stuckSince = since
        guard now - since >= Self.patience, verdict == nil else { return }
        isVerdictOnNodes = state.phase == .held
        verdict = state.phase == .held ? Self.held(id ?? "", state) : Self.stuck(state)
    }

    /// A cluster that cannot start a job takes it back again and again, such as where its controller does not know the
    /// user.
    private mutating func judgeRestarts(_ state: JobState) {
        guard let restarts = state.restarts else { return }
        let before = restartsBefore ?? restarts
        restartsBefore = before
        guard restarts - before >= Self.vainStarts, verdict == nil else { return }
        (isVerdictOnNodes, verdict) = (true, Self.unstarted(id ?? "", restarts))
    }

    private func told(_ new: JobState, _ former: JobState?) -> WorkerEvent? {
        switch new.phase {
        case .waiting, .stuck, .held:
            guard former?.phase != new.phase || former?.reason != new.reason || former?.expected != new.expected else {
                return nil
            }
            var event = WorkerEvent(.waiting)
            event.waiting = WaitingReport(reason: new.reason ?? "its turn", expected: new.expected)
            return event
        case .working: return former?.phase == .working ? nil : WorkerEvent(.working)
        case .ended: return nil
        }
    }

    /// Whether the event is one of this job's newest attempt; others are passed over.
    package mutating func learn(_ event: WorkerEvent) -> Bool {
        let number = event.attempt ?? attempt
        guard number >= attempt else { return false }
        restartsBefore = nil
        if number > attempt { (attempt, status, failure, hasResult) = (number, nil, nil, false) }
        if event.result != nil { hasResult = true }
        if let said = event.failure { failure = said }
        if event.event == .ended { status = event.status }
        return true
    }

    /// A daemon has read all of this again: it may have been killed while it handed the job in, and what the job's
    /// attempts have told is heard anew.
    package mutating func takeUp(attempt first: Int, now: Double) {
        if id == nil, verdict == nil { (mayBeThere, absences) = (true, 0) }
        (attempt, status, failure, hasResult) = (first, nil, nil, false)
        answered = now
    }

    /// What a job printed says that memory ran out.
    package mutating func learnOutOfMemory() { ranOut = true }

    package mutating func want(_ new: Wish) {
        guard wish != .cancel, wish != new else { return }
        wish = new
    }

    // MARK: - What follows

    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - grace: seconds that a job has for its checkpoint.
    ///   - folder: the folder of the request.
    package func next(now: Double, grace: Double, folder: String) -> Step {
        if hasResult, status == 0, wish != .cancel { return .conclude(.done) }
        guard let id else { return beforeItIsThere() }
        if let endedSince {
            guard status != nil || now - endedSince >= Self.patience else { return .wait }
            return .conclude(meaning(id, folder))
        }
        if verdict != nil || wish == .cancel { return .cancel }
        guard wish == .stop else { return .wait }
        guard let state else { return .wait }
        // What has no machines yet has nothing to keep.
        guard state.phase == .working else { return .cancel }
        guard let signalledAt else { return .signal }
        return now - signalledAt < grace ? .wait : .cancel
    }

    /// The job was told to leave.
    package mutating func signalled(now: Double) { signalledAt = now }

    private func beforeItIsThere() -> Step {
        if mayBeThere { return .find }
        if let verdict { return .conclude(.ended(.failed(verdict))) }
        return wish == .work ? .submit : .conclude(.ended(.interrupted))
    }

    private func meaning(_ id: String, _ folder: String) -> Outcome {
        if let verdict, isVerdictOnNodes != true { return .ended(.failed(verdict)) }
        if wish != .work { return .ended(.interrupted) }
        if let verdict { return .lost(.died(verdict)) }
        let end = isUnknown ? nil : state?.end
        if case .cancelled(let who)? = end { return .ended(.failed(Self.cancelled(id, who))) }
        if end == .outOfMemory || ranOut, status != 0 { return outOfMemory(id, folder) }
        if let status {
            let ended = WorkerEnd(exit: status, saying: failure, in: folder)
            // Whose node died may have had the time to leave by itself.
            return status == WorkerExit.peerLost.rawValue || end == .lost ? .lost(ended) : .ended(ended)
        }
        switch end {
        case .interrupted:
            return .ended(
                .died(
                    Failure(
                        code: WorkerEnd.leftUnasked,
                        "The cluster ended the job \(id) (\(state?.reason ?? "its time was over")).", at: folder,
                        remedy: "The run goes on from its checkpoint; without a newer one it counts as a fault.")))
        case .failed(Self.unseen?), .unlaunched: return .ended(.failed(Self.unseen(id, state, folder)))
        case .failed(let status?) where status != 0 && status != WorkerExit.peerLost.rawValue:
            return .ended(WorkerEnd(exit: status, saying: failure, in: folder))
        default:
            return .lost(
                .died(
                    Failure(
                        code: WorkerEnd.lostPeer, "The job \(id) is gone without a last word of its engine.",
                        at: folder, remedy: "See stderr.log there.", cause: state?.reason)))
        }
    }

    private func outOfMemory(_ id: String, _ folder: String) -> Outcome {
        let failure = Failure(
            code: "cluster.memory", "The job \(id) ran out of memory\(state?.memory.map { " (\($0))" } ?? "").",
            at: folder,
            remedy: "Ask for more with slurm.options = [\"--mem=…\"] in the engine's file, or lower batch_rows.",
            cause: isReduced ? "Half the micro-batch was tried as well." : nil)
        return isReduced ? .ended(.failed(failure)) : .tooLarge(.died(failure))
    }

    // MARK: - What is said

    /// What people are told of a scheduler that has not answered for an hour.
    package func silence(now: Double, name: String) -> Failure? {
        guard now - answered >= Self.longSilence else { return nil }
        return Failure(
            code: "cluster.silent",
            "The scheduler has not answered for \(Int((now - answered) / 3600)) h; the job \(id ?? name) is kept.",
            at: id ?? name, remedy: "Look at the scheduler with its own commands; the run goes on by itself.")
    }

    private static func cancelled(_ id: String, _ who: String?) -> Failure {
        Failure(
            code: "cluster.cancelled", "The job \(id) was cancelled on the cluster\(who.map { " by \($0)" } ?? "").",
            at: id, remedy: "Ask there why, and start a new run with `ftctl run`.")
    }

    private static func unseen(_ id: String, _ state: JobState?, _ folder: String) -> Failure {
        Failure(
            code: "cluster.stage",
            "The node \(state?.hosts ?? "of the job \(id)") does not see the work's folder as the daemon wrote it.",
            at: folder, remedy: "Set 'stage' in the engine's file to a folder that all nodes see under the same path.",
            cause: state?.reason)
    }

    private static func held(_ id: String, _ state: JobState) -> Failure {
        Failure(
            code: WorkerEnd.lostPeer,
            "The cluster could not start the job \(id), and holds it: \(state.reason ?? "no reason").", at: id,
            remedy: "See `sinfo -R` and the log of slurmd on its nodes; the run is tried with a new job by itself.")
    }

    private static func unstarted(_ id: String, _ restarts: Int) -> Failure {
        Failure(
            code: WorkerEnd.lostPeer,
            "The cluster has taken the job \(id) back \(restarts) times before its engine said a word.", at: id,
            remedy: "See the log of slurmctld. Where the controller does not know the daemon's user, make that user "
                + "there, with the same uid; the run is tried with a new job by itself.")
    }

    private static func stuck(_ state: JobState) -> Failure {
        let reason = state.reason ?? "unknown"
        return Failure(
            code: "cluster.never", "The job waits for what never comes: \(reason).", at: SlurmReason.key(of: reason),
            remedy: "Change that key in the engine's file, and start a new run with `ftctl run`.")
    }
}

extension ClusterRules {
    /// What is kept over a restart: all but when the scheduler answered last.
    private enum CodingKeys: CodingKey {
        case id, mayBeThere, absences, wish, signalledAt, state, endedSince, stuckSince, isUnknown, verdict
        case isVerdictOnNodes, restartsBefore, ranOut, isReduced, attempt, status, failure, hasResult
    }
}
