import Foundation
import Nouns
import Platform
import Settings
import Synchronization

/// Slurm by its commands, as text: the same in all versions from 22.05 on.
///
/// A round of questions about any number of jobs takes at most two commands: `squeue` for all, and one more about those
/// whose end it does not tell.
package final class SlurmCommands: JobCommands {
    /// Seconds that a command may take: clients wait while the controller is away.
    package static let usualPatience = 20.0

    private let via: [String]
    private let folder: String
    private let patience: Double
    /// Whether `sacct` is of no use here, since the cluster keeps no accounts; tried anew after some rounds.
    private let withoutAccounts = Atomic<Int>(0)
    /// Whether the accounts knew nothing, so that the controller is asked the next time.
    private let isControllerNext = Atomic<Bool>(false)
    private let turn = Atomic<Int>(0)
    private let commands = Atomic<Int>(0)

    /// - Parameters:
    ///   - via: what goes before each command, such as `ssh login1`.
    ///   - folder: where commands' input and output pass through.
    package init(via: [String], folder: String, patience: Double = usualPatience) {
        self.via = via
        self.folder = folder
        self.patience = patience
    }

    /// How many commands were started.
    package var count: Int { commands.load(ordering: .relaxed) }

    // MARK: - Handing in

    package func submit(_ order: JobOrder) async -> JobSubmission {
        guard let ending = await run(["sbatch", "--parsable"], input: order.script) else {
            return .silence("sbatch could not be started")
        }
        let said = String(decoding: ending.printed, as: UTF8.self)
        let number = said.split(whereSeparator: \.isNewline).last?.prefix { $0 != ";" }
        if ending.succeeded, let number, !number.isEmpty, number.allSatisfy(\.isNumber) {
            return .taken(String(number))
        }
        if let refusal = SlurmRefusal.read(ending) { return .refused(refusal) }
        return .silence(ending.output)
    }

    package func find(_ name: String) async -> JobFinding {
        guard
            let ending = await run(["squeue", "-a", "-t", "all", "-n", name, "-o", Self.columns("%i", "%T")]),
            ending.succeeded, let rows = SlurmText.table(Self.text(ending), first: "JOBID")
        else { return .silence }
        return rows.first?["JOBID"].map(JobFinding.found) ?? .absent
    }

    // MARK: - Asking

    package func facts(_ questions: [JobQuestion]) async -> [String: JobFact] {
        guard let rows = await queue(questions.map(\.id)) else { return [:] }
        var facts: [String: JobFact] = [:]
        var open: [JobQuestion] = []
        for question in questions {
            let row = rows[question.id]
            // The controller has lost the job and given its number to another one: it will never know more of it.
            if let row, row["NAME"] != question.name {
                facts[question.name] = .unknown
                continue
            }
            guard let row, var state = SlurmText.state(row["STATE"] ?? "", reason: row["REASON"]) else {
                open.append(question)
                continue
            }
            state.expected = SlurmText.time(row["START_TIME"])
            state.hosts = row["NODELIST"].flatMap { $0.isEmpty ? nil : $0 }
            if state.phase != .waiting { state.expected = nil }
            if Self.needsMore(state, question) { open.append(question) } else { facts[question.name] = .state(state) }
        }
        guard !open.isEmpty else { return await withRestarts(facts, questions) }
        let more = await ends(of: open, listed: Set(rows.keys))
        return facts.merging(more) { $1 }
    }

    /// Whether `squeue` alone does not say how a job ended.
    private static func needsMore(_ state: JobState, _ question: JobQuestion) -> Bool {
        switch state.end {
        case nil, .completed?, .lost?, .interrupted?, .outOfMemory?: false
        case .cancelled?: true
        case .failed?, .unlaunched?: !question.isEndKnown
        }
    }

    /// Jobs by number; nil where nobody has answered.
    private func queue(_ ids: [String]) async -> [String: [String: String]]? {
        let format = Self.columns("%i", "%j", "%T", "%S", "%N", "%r")
        let command = ["squeue", "-a", "-t", "all", "-j", ids.joined(separator: ","), "-o", format]
        guard let ending = await run(command) else { return nil }
        // So it answers where it is asked about one job alone.
        if !ending.succeeded, ending.output.contains("Invalid job id specified") { return [:] }
        guard ending.succeeded, let rows = SlurmText.table(Self.text(ending), first: "JOBID") else { return nil }
        return Dictionary(rows.compactMap { row in row["JOBID"].map { ($0, row) } }) { $1 }
    }

    /// The same, with how often the cluster has taken one of the jobs back that wait for their time: a cluster that
    /// cannot start a job does so again and again.
    private func withRestarts(_ facts: [String: JobFact], _ questions: [JobQuestion]) async -> [String: JobFact] {
        let delayed = questions.compactMap { question -> (job: JobQuestion, state: JobState)? in
            guard case .state(let state) = facts[question.name], state.reason == "BeginTime" else { return nil }
            return state.phase == .waiting ? (question, state) : nil
        }.sorted { $0.job.name < $1.job.name }
        guard !delayed.isEmpty else { return facts }
        var (job, state) = delayed[turn.add(1, ordering: .relaxed).oldValue % delayed.count]
        guard case .fields(let fields) = await ask(of: job), let restarts = Int(fields["Restarts"] ?? "") else {
            return facts
        }
        state.restarts = restarts
        return facts.merging([job.name: .state(state)]) { $1 }
    }

    /// What the controller says of one job.
    private enum Answer { case silence, unknown, fields([String: String]) }

    private func ask(of job: JobQuestion) async -> Answer {
        guard let ending = await run(["scontrol", "show", "job", "-o", job.id]) else { return .silence }
        if let fields = SlurmText.job(Self.text(ending)), fields["JobId"] == job.id {
            return fields["JobName"] == job.name ? .fields(fields) : .unknown
        }
        return !ending.succeeded && ending.output.contains("Invalid job id specified") ? .unknown : .silence
    }

    /// How jobs ended that `squeue` does not tell of: from the accounts for all, else from the controller for one.
    /// One command at a time.
    private func ends(of jobs: [JobQuestion], listed: Set<String>) async -> [String: JobFact] {
        let isControllersTurn = isControllerNext.exchange(false, ordering: .relaxed)
        if withoutAccounts.load(ordering: .relaxed) > 0 {
            withoutAccounts.subtract(1, ordering: .relaxed)
        } else if !isControllersTurn {
            let facts = await accounts(jobs) ?? [:]
            isControllerNext.store(facts.isEmpty, ordering: .relaxed)
            return facts
        }
        let job = jobs[turn.add(1, ordering: .relaxed).oldValue % jobs.count]
        switch await ask(of: job) {
        case .silence: return [:]
        case .unknown: return listed.contains(job.id) ? [:] : [job.name: .unknown]
        case .fields(let fields):
            guard
                var state = SlurmText.state(
                    fields["JobState"] ?? "", reason: fields["Reason"], exit: fields["ExitCode"])
            else { return [:] }
            state.hosts = fields["NodeList"].flatMap { ["", "(null)"].contains($0) ? nil : $0 }
            return [job.name: .state(state)]
        }
    }

    /// What the accounts say of jobs that are over; nil where there are none.
    private func accounts(_ jobs: [JobQuestion]) async -> [String: JobFact]? {
        let columns = "JobID,JobName,State,ExitCode,ReqMem,MaxRSS,NodeList"
        let ids = jobs.map(\.id).joined(separator: ",")
        guard let ending = await run(["sacct", "-P", "-j", ids, "--format=\(columns)"]) else { return nil }
        guard ending.succeeded, let rows = SlurmText.table(Self.text(ending), first: "JobID", separator: "|") else {
            // Asked again after a while: it may only have been away.
            withoutAccounts.store(ending.output.contains("storage is disabled") ? 1000 : 10, ordering: .relaxed)
            return nil
        }
        return SlurmAccounts.facts(rows, of: jobs)
    }

    // MARK: - Ending

    // By the name as well: the number may be another job's by now.
    package func stop(_ id: String, of name: String) async -> Bool {
        await run(["scancel", "--signal=TERM", "--name=\(name)", id])?.succeeded ?? false
    }

    package func cancel(_ id: String, of name: String) async -> Bool {
        await run(["scancel", "--name=\(name)", id])?.succeeded ?? false
    }

    package func broken(_ hosts: String) async -> [String] {
        guard let ending = await run(["sinfo", "-N", "-n", hosts, "-o", Self.columns("%N", "%T")]), ending.succeeded,
            let rows = SlurmText.table(Self.text(ending), first: "NODELIST")
        else { return [] }
        let names = rows.filter { row in
            let state = row["STATE"] ?? ""
            return state.hasSuffix("*") || ["down", "drain", "fail", "error"].contains { state.hasPrefix($0) }
        }.compactMap { $0["NODELIST"] }
        return Set(names).sorted()
    }

    // MARK: - Commands

    private static func columns(_ names: String...) -> String { names.joined(separator: "\(SlurmText.separator)") }

    private static func text(_ ending: HookProgram.Ending) -> String { String(decoding: ending.printed, as: UTF8.self) }

    /// Nil where it could not be started or took too long. It gets nothing of the daemon's environment.
    private func run(_ command: [String], input: String = "") async -> HookProgram.Ending? {
        commands.add(1, ordering: .relaxed)
        let ending = try? await HookProgram.run(
            RemoteWords.via(via, command), event: Data(input.utf8), folder: folder, name: "slurm-\(UUID().uuidString)",
            seconds: patience, keeping: 8 << 20, confinement: nil, keepsLog: false)
        return ending.flatMap { $0.timedOut ? nil : $0 }
    }
}
