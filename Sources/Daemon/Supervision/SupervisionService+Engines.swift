import Launching
import Ledger
import Nouns
import Settings
import StageKit
import WorkerProtocol

/// Which engine trains a run.
extension SupervisionService {
    /// Runs at work on each engine, and on this machine (nil).
    package var places: [EngineName?: Int] { active.places }

    /// What training a run came to: by its engine, or by the daemon's own worker. Throws ``WorkerEnd``.
    func trained(_ run: Run) async throws -> TrainingResult {
        let request = try RunRequests.train(run, context)
        guard let engine = try await engine(of: run), case .train(let task) = request.task else {
            guard let training = try await start(request, run).training else {
                throw WorkerEnd.failed(Failure(code: "worker.no_result", "The worker gave no trained adapter."))
            }
            return training
        }
        progress(run, "is trained by the engine \(engine.name)")
        return try await engine.train(request, task, hasPairs: hasPairs(run))
    }

    /// What a sweep of the learning rate came to. Throws ``WorkerEnd``.
    func sweep(_ run: Run) async throws -> WorkerResult {
        let request = try RunRequests.rangeTest(run, context)
        guard let engine = try await engine(of: run), case .rangeTest(let task) = request.task else {
            return try await start(request, run)
        }
        return try await engine.sweep(request, task, hasPairs: hasPairs(run))
    }

    /// The scores of one model: by the run's engine where that evaluates, else by the worker. Throws ``WorkerEnd``, and
    /// what the ledger throws.
    func evaluated(_ request: WorkerRequest, _ run: Run) async throws -> WorkerResult {
        guard try isEvaluatedByEngine(run), case .evaluate(let task) = request.task,
            let engine = try await engine(of: run)
        else { return try await start(request, run) }
        guard engine.evaluates(task.model) else { return try await start(request, run) }
        // What the worker computed before is no part of an engine's figures.
        var asked = task
        for index in asked.sets.indices { asked.sets[index].known = nil }
        return try await engine.evaluate(request, asked)
    }

    /// The engine whose slot the next piece of work on a run takes; nil for this machine's own. What an engine trained
    /// is scored here, unless the engine does that too.
    /// Throws what the ledger throws.
    func place(of run: Run) throws -> EngineName? {
        try run.engineAtWork ?? (isEvaluatedByEngine(run) ? run.engine : nil)
    }

    /// Whether the run's engine scores and asks its models: where its file says so, and where the worker does not run
    /// the base.
    private func isEvaluatedByEngine(_ run: Run) throws -> Bool {
        guard let name = run.engine else { return false }
        let profile = context.settings.now.engine(name)
        if let profile, profile.isBuiltin { return false }
        return try profile?.evaluate == true || context.ledger.base(run.base)?.isForEngines == true
    }

    private func engine(of run: Run) async throws -> EngineWork? {
        guard let name = run.engine else { return nil }
        return try await EngineWork(
            name, base: context.requireBase(run.base), layout: context.layout, settings: context.settings.now,
            roster: roster
        ) { try await start($0, run) }
    }

    private func hasPairs(_ run: Run) throws -> Bool { try context.ledger.snapshot(run.snapshot)?.hasPairs == true }
}

extension SettingsFolder {
    /// Runs that may be at work at the same time on an engine (nil: on this machine).
    func slots(of engine: EngineName?) -> Int {
        // A run whose engine is not there is started all the same, and says what it waits for.
        engine.map { self.engine($0)?.slots ?? 1 } ?? daemon.computeSlots
    }
}
