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
        func note(_ rule: EngineFinding.Rule, _ problem: String?, _ seen: String? = nil) {
            let kept = seen.map { "\(rule.asks) Seen: \($0)." } ?? rule.asks
            let broken = problem.map { "\($0)\(Self.remedy(rule))" }
            let finding = EngineFinding(rule, isKept: problem == nil, broken ?? kept)
            found.append(finding)
            tell(finding)
        }
        func wanted(_ some: EngineFinding.Rule...) -> Bool { rules.map { !$0.isDisjoint(with: some) } ?? true }
        let description: EngineDescription
        switch await describe() {
        case .success(let said): description = said
        case .failure(let failure):
            note(.describes, "\(failure)")
            return found
        }
        note(.describes, nil, Self.words(description))
        let probe: Probe
        do { probe = try await prepare() } catch let failure as Failure {
            note(.prepared, "\(failure)")
            return found
        }
        note(.prepared, nil)
        if wanted(.started, .events, .attempt, .steps, .numbers, .validation, .checkpoint, .result, .ended, .inputs) {
            for (rule, problem, seen) in try await whole(probe) where wanted(rule) { note(rule, problem, seen) }
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

    private func describe() async -> Result<EngineDescription, Failure> {
        do {
            let description = try await roster.description(of: profile)
            let base = BaseCard(
                id: "probe", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1, tokenizer: "", tokenizerDigest: "", format: "", trainingMemoryBytes: 1)
            let refusals = EngineFitness(profile.name, description)
                .refusals(ProbeRows.recipe, base: base, hasPairs: false)
            return refusals.first.map { .failure($0) } ?? .success(description)
        } catch let failure as Failure {
            return .failure(failure)
        } catch {
            return .failure(Failure(code: "engine.no_description", "\(error)"))
        }
    }

    /// Versions and devices, as an engine names them.
    private static func words(_ description: EngineDescription) -> String {
        let versions = description.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return (versions + ["on " + description.devices.joined(separator: ", ")]).joined(separator: ", ")
    }

    /// What whoever looks after an engine can do where a rule is broken; nothing where the problem itself says it.
    private static func remedy(_ rule: EngineFinding.Rule) -> String {
        switch rule {
        case .describes, .prepared: ""
        default: " Owed by docs/engine-protocol.md: \(rule.asks) Look at stderr.log of its run, or use another version."
        }
    }

    /// Whether a folder that the nodes are to see can be written and read here. Throws a Failure (`cluster.stage`).
    private func look(at stage: String) throws {
        let path = stage + "/.check-" + UUID().uuidString
        defer { unlink(path) }
        do {
            try AtomicFile.write(Data(path.utf8), to: path)
            guard FileManager.default.contents(atPath: path) == Data(path.utf8) else {
                throw Failure(code: "cluster.stage", "What was written there is not read there.", at: path)
            }
        } catch {
            throw Failure(
                code: "cluster.stage", "The stage of the engine '\(profile.name)' cannot be written and read.",
                at: "\(profile.file), stage = \"\(stage)\"",
                remedy: "Make the folder, or let the daemon's user write it (ReadWritePaths= of its unit).",
                cause: "\(error)")
        }
    }

    /// Writes base and rows, and has the worker make what the engine reads. Throws a Failure.
    private func prepare() async throws -> Probe {
        if let stage = profile.stage { try look(at: stage) }
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
