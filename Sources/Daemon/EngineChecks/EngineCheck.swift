import Foundation
import Launching
import Nouns
import Places
import Platform
import Settings
import WorkerProtocol

/// Tries an engine on a tiny model, rule by rule of the protocol: what any engine owes the daemon, and nothing of how
/// good its models are.
package struct EngineCheck: Sendable {
    let profile: EngineProfile
    let roster: EngineRoster
    let launcher: LocalLauncher
    /// Where everything lies that is made for it.
    let folder: String
    let threads: Int?
    let silence: Duration

    /// - Parameters:
    ///   - folder: an absolute path; the folder is made, and stays.
    ///   - threads: compute threads of the engine and of the worker.
    ///   - silence: an engine that tells of nothing for so long is ended.
    ///   - grace: how long it may take to leave once it was asked to.
    package init(
        _ profile: EngineProfile, roster: EngineRoster, folder: String, threads: Int?, silence: Duration,
        grace: Duration = LocalLauncher.usualGrace
    ) {
        self.profile = profile
        self.roster = roster
        self.folder = folder
        self.threads = threads
        self.silence = silence
        launcher = LocalLauncher(grace: grace) { request in
            // What the worker prepares names no engine.
            request.compute == nil ? try await roster.command(for: request) : roster.commandLine(of: profile)
        }
    }

    /// Tries the rules; one that cannot be tried because of an earlier one is left out. Throws a CancellationError, or
    /// a FileFailure where the machine does not let it be tried.
    ///
    /// - Parameters:
    ///   - rules: which rules are tried (nil: all). The first two are always.
    ///   - tell: given each finding as it is made.
    package func findings(
        _ rules: Set<EngineFinding.Rule>? = nil, tell: @Sendable (EngineFinding) -> Void = { _ in }
    ) async throws -> [EngineFinding] {
        var found: [EngineFinding] = []
        func note(_ rule: EngineFinding.Rule, _ problem: String?) {
            let finding = EngineFinding(rule, isKept: problem == nil, problem ?? rule.asks)
            found.append(finding)
            tell(finding)
        }
        func wanted(_ some: EngineFinding.Rule...) -> Bool { rules.map { !$0.isDisjoint(with: some) } ?? true }
        if let problem = await description() {
            note(.describes, problem)
            return found
        }
        note(.describes, nil)
        let probe: Probe
        do { probe = try await prepare() } catch let failure as Failure {
            note(.prepared, "\(failure)")
            return found
        }
        note(.prepared, nil)
        if wanted(.started, .events, .attempt, .steps, .numbers, .validation, .checkpoint, .result, .ended, .inputs) {
            for (rule, problem) in try await whole(probe) where wanted(rule) { note(rule, problem) }
        }
        if wanted(.pauses) { note(.pauses, try await pauses(probe)) }
        if wanted(.stops) { note(.stops, try await stops(probe)) }
        if wanted(.fenced) { note(.fenced, try await fenced(probe)) }
        for (rule, problem) in try await asking(probe, wanted: { wanted($0) }) { note(rule, problem) }
        for (rule, problem) in try await refusals(probe, wanted: { wanted($0) }) { note(rule, problem) }
        return found
    }

    /// What the runs share.
    struct Probe: Sendable {
        let base: BaseCard
        /// The base as the worker reads it.
        let plain: ModelReference
        let task: TrainTask
        let request: WorkerRequest
        let layout: Layout
    }

    // MARK: - Before it works

    private func description() async -> String? {
        do {
            let description = try await roster.description(of: profile)
            let base = BaseCard(
                id: "probe", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1, tokenizer: "", tokenizerDigest: "", format: "", trainingMemoryBytes: 1)
            return EngineFitness(profile.name, description)
                .refusals(ProbeRows.recipe, base: base, hasPairs: false).first?.message
        } catch {
            return "\(error)"
        }
    }

    /// Writes base and rows, and has the worker make what the engine reads. Throws a Failure.
    private func prepare() async throws -> Probe {
        let layout = Layout(root: folder)
        try AtomicFile.makeFolder(layout.bases)
        let base = try ProbeBase.write(to: layout.base("probe"))
        let rows = try ProbeRows.write(to: folder + "/rows")
        let model = ModelReference(basePath: layout.base("probe"), base: "probe", baseDigest: base.digest)
        let plain = TrainTask(
            model: model, train: [rows.train], validation: [rows.validation], recipe: ProbeRows.recipe)
        let request = WorkerRequest(
            id: "probe", directory: folder + "/prepared", task: .train(plain), threads: threads)
        do {
            let inputs = EngineInputs(layout) { try await launcher.run($0, silence: silence) { _ in } }
            let (own, task) = try await inputs.prepared(request, plain, for: profile, base: base)
            return Probe(base: base, plain: model, task: task, request: own, layout: layout)
        } catch let end as WorkerEnd {
            throw end.failure ?? Failure(code: "engine.check", "The preparation was interrupted.")
        }
    }

    // MARK: - Runs

    /// A request in a folder of its own.
    func request(_ probe: Probe, _ name: String, _ change: (inout TrainTask) -> Void = { _ in }) -> WorkerRequest {
        var (request, task) = (probe.request, probe.task)
        change(&task)
        request.directory = folder + "/" + name
        request.task = .train(task)
        return request
    }

    func run(_ request: WorkerRequest, _ plan: ProbeRun.Plan = .init()) async throws -> ProbeRun {
        try await ProbeRun.of(request, by: launcher, silence: silence, plan)
    }
}
