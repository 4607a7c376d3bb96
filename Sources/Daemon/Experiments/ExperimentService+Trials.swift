import Foundation
import Launching
import Ledger
import Nouns
import Platform
import Settings
import StageKit
import WorkerProtocol

extension ExperimentService {
    /// Does the next thing of one experiment: a leg of a trial, or its end. Returns false where it had to give way.
    func advance(_ stored: Experiment) async throws -> Bool {
        guard context.settings.pipeline(stored.pipeline) != nil else { return false }
        switch ExperimentRules.next(stored, SearchSpace(stored.settings.search)) {
        case .finish(let reason):
            try finish(stored, reason)
            return true
        case .work(let trial, let rung):
            board.begin(stored.id, trial: trial.number, rung: rung)
            defer { board.end(stored.id) }
            do {
                let experiment = try await prepared(stored, for: trial)
                return try await leg(trial, to: rung, of: experiment)
            } catch WorkerEnd.interrupted {
                return false
            }
        }
    }

    /// Takes a trial to a rung: from its checkpoint where it has one.
    private func leg(_ next: Trial, to rung: Int, of experiment: Experiment) async throws -> Bool {
        var trial = next
        trial.running = rung
        if trial.snapshot == nil, let share = trial.values["replay_share"]?.doubleValue {
            trial.snapshot = try freeze(experiment.pipeline, experiment.mode, share).id
        }
        if experiment.settings.search.contains(where: { $0.name == "learning_rate" }),
            trial.values["learning_rate"] == nil,
            let rate = experiment.recipe(of: trial).learningRate
        {
            // The present recipe's own rate came from the range test: it is a point of the search like any other.
            trial.values["learning_rate"] = .number(rate)
        }
        try context.ledger.save(trial, of: experiment.id)
        let folder = Self.folder(experiment.id, trial.number, context)
        let began = Date()
        do {
            let request = try trainRequest(trial, rung, experiment, folder)
            let training = try await trained(request, trial, experiment)
            TrialCurves.read(folder, into: &trial, scale: experiment.scale(of: trial))
            trial.seconds += Date().timeIntervalSince(began)
            trial.running = nil
            trial.attempts = 0
            let loss = try compared(training, trial, experiment)
            // What stopped by itself (patience, or fewer rows than planned) is at its end.
            let reached = training.paused ? rung + 1 : experiment.rungs
            while trial.losses.count < reached { trial.losses.append(loss) }
            if !training.paused {
                trial.adapter = training.adapter
                trial.training = training
            }
            trial.note = TrialNotes.overfitting(trial)
            try context.ledger.save(trial, of: experiment.id)
            tell(
                experiment, trial,
                String(format: "reached rung %d of %d with a validation loss of %.4f", reached, experiment.rungs, loss))
            return true
        } catch let end as WorkerEnd {
            TrialCurves.read(folder, into: &trial, scale: experiment.scale(of: trial))
            trial.seconds += Date().timeIntervalSince(began)
            switch end {
            case .interrupted:
                try context.ledger.save(trial, of: experiment.id)
                throw end
            case .waits(let failure):
                try context.ledger.save(trial, of: experiment.id)
                throw failure
            case .died(let failure) where trial.attempts + 1 < context.settings.daemon.workerAttempts:
                trial.attempts += 1
                try context.ledger.save(trial, of: experiment.id)
                context.logger.warning(
                    "\(failure)",
                    metadata: ["pipeline": "\(experiment.pipeline)", "stage": "experiments", "event": "worker.died"])
            case .died(let failure), .failed(let failure):
                trial.fault = failure.message
                trial.running = nil
                trial.note = TrialNotes.overfitting(trial)
                try context.ledger.save(trial, of: experiment.id)
                tell(experiment, trial, "ended: \(failure.message)")
            }
            return true
        }
    }

    /// What training a trial came to: on the pipeline's engine, or by the daemon's own worker. Throws ``WorkerEnd``.
    private func trained(_ request: WorkerRequest, _ trial: Trial, _ experiment: Experiment) async throws
        -> TrainingResult
    {
        guard let engine = engine(of: experiment), case .train(let task) = request.task else {
            guard let training = try await perform(request, for: experiment).training else {
                throw WorkerEnd.failed(
                    Failure(code: "worker.no_result", "The worker gave no trained adapter.", at: request.directory))
            }
            return training
        }
        let snapshot = try requireSnapshot(trial.snapshot ?? experiment.snapshot)
        let work = try await EngineWork(
            engine, base: context.requireBase(experiment.base(of: trial)), layout: context.layout,
            settings: context.settings.now, roster: roster
        ) { try await perform($0, for: experiment) }
        return try await work.train(request, task, hasPairs: snapshot.hasPairs == true)
    }

    /// The loss that trials are compared by. Throws where it is no number.
    private func compared(_ training: TrainingResult, _ trial: Trial, _ experiment: Experiment) throws -> Double {
        // The curve has it, which is not what each trial lowers where there are pairs.
        let loss =
            training.validationTokenLoss == nil
            ? (training.validationLoss ?? training.finalLoss) * experiment.scale(of: trial)
            : trial.curve.last { $0.best }?.loss ?? .nan
        guard loss.isFinite else {
            throw WorkerEnd.failed(Failure(code: "training.not_finite", "The validation loss is \(loss)."))
        }
        return loss
    }

    /// The experiment with what a trial needs beforehand: a learning rate for its base, and the scale of its losses.
    private func prepared(_ stored: Experiment, for trial: Trial) async throws -> Experiment {
        var experiment = stored
        let base = experiment.base(of: trial)
        let card = try context.requireBase(base)
        let snapshot = try requireSnapshot(experiment.snapshot)
        if experiment.settings.search.contains(where: { $0.name == "base" }), experiment.scales[base.rawValue] == nil {
            let validation = snapshot.files[.validation] ?? []
            let task = MeasureTask(
                model: context.modelReference(card, recipe: experiment.recipe), rows: validation,
                maxLength: experiment.recipe.longest(in: card.contextLength))
            let tokens = try await side(experiment, "measure-\(base)", .measure(task)).figures?["label_tokens"] ?? 0
            let bytes = try AnswerBytes.count(validation)
            let scale = tokens > 0 && bytes > 0 ? tokens / (log(2) * Double(bytes)) : 1
            experiment = try context.ledger.amend(experiment.id) { $0.scales[base.rawValue] = scale }
        }
        if experiment.recipe(of: trial).learningRate == nil {
            let train = TrainTask(
                model: context.modelReference(card, recipe: experiment.recipe), train: snapshot.files[.train] ?? [],
                validation: [],
                recipe: experiment.recipe.setting(trial.values))
            let task = RangeTestTask(
                train: train, lowest: RangeTestRules.lowest, highest: RangeTestRules.highest,
                steps: RangeTestRules.steps)
            guard var range = try await side(experiment, "range-test-\(base)", .rangeTest(task)).range else {
                throw Failure(
                    code: "worker.no_result", "The worker gave no range test.", at: experiment.id.rawValue,
                    remedy: "Name a learning rate.")
            }
            let ratio = context.settings.pipeline(experiment.pipeline)?.incremental.warmStartRatio ?? 0.5
            let choice = RangeTestRules.choose(range, mode: experiment.mode, warmStartRatio: ratio)
            (range.suggested, range.reason) = (choice.rate, choice.note)
            let found = range
            experiment = try context.ledger.amend(experiment.id) { $0.ranges[base.rawValue] = found }
        }
        return experiment
    }

    /// A short task beside the trials; a fault of it ends the experiment's turn with that failure.
    private func side(_ experiment: Experiment, _ name: String, _ task: WorkerTask) async throws -> WorkerResult {
        let settings = context.settings.daemon
        let folder = "\(Self.folder(experiment.id, context))/\(name)"
        do {
            return try await perform(
                WorkerRequest(
                    id: "\(experiment.id)-\(name)", directory: folder, task: task, threads: settings.workerThreads,
                    memoryBytes: settings.workerMemoryBytes),
                for: experiment)
        } catch let end as WorkerEnd {
            guard let failure = end.failure else { throw end }
            throw failure
        }
    }

    /// Runs a worker until it ends, or until something more urgent wants the machine: then it writes a checkpoint at
    /// its next step.
    private func perform(_ request: WorkerRequest, for experiment: Experiment) async throws -> WorkerResult {
        let silence = Duration.seconds(context.settings.daemon.workerSilenceSeconds)
        let began = ContinuousClock.now
        return try await withThrowingTaskGroup(of: WorkerResult?.self) { group in
            group.addTask { [launcher, board] in
                try await launcher.run(request, silence: silence) { board.tell(experiment.id, $0) }
            }
            group.addTask {
                while try !mustYield(experiment, began) { try await Task.sleep(for: .milliseconds(200)) }
                return nil
            }
            while let outcome = try await group.next() {
                group.cancelAll()
                // The watch was first: wait until the worker has left, and take its result if it came to one after all.
                if let result = outcome { return result }
            }
            throw WorkerEnd.interrupted
        }
    }

    private func mustYield(_ experiment: Experiment, _ began: ContinuousClock.Instant) throws -> Bool {
        if try board.isInterrupted(experiment.id) || isTaken(engine(of: experiment)) { return true }
        let limit = experiment.settings.minutes * 60
        return limit > 0 && experiment.seconds + began.duration(to: .now) / .seconds(1) >= limit
    }

    private func trainRequest(_ trial: Trial, _ rung: Int, _ experiment: Experiment, _ folder: String) throws
        -> WorkerRequest
    {
        let card = try context.requireBase(experiment.base(of: trial))
        let snapshot = try requireSnapshot(trial.snapshot ?? experiment.snapshot)
        let stack = try context.stack(experiment.mode, parent: experiment.parent)
        var recipe = experiment.recipe(of: trial)
        recipe.evaluateEverySteps = experiment.unit(trial)
        var task = TrainTask(
            model: context.modelReference(card, adapters: stack.frozen, recipe: recipe), startAdapter: stack.start,
            train: snapshot.files[.train] ?? [], validation: snapshot.files[.validation] ?? [], recipe: recipe,
            pauseAtStep: rung < experiment.rungs - 1 ? experiment.steps(trial, rung: rung) : nil)
        if trial.values["epochs"] == nil { task.enough = experiment.enough }
        let settings = context.settings.daemon
        return WorkerRequest(
            id: "\(experiment.id)-t\(trial.number)", directory: folder, task: .train(task),
            threads: settings.workerThreads, memoryBytes: settings.workerMemoryBytes)
    }

    func requireSnapshot(_ id: SnapshotID) throws -> Snapshot {
        guard let snapshot = try context.ledger.snapshot(id) else {
            throw Failure(
                code: "snapshot.missing", "The snapshot \(id) is not in the ledger.", at: id.rawValue,
                remedy: "Start a new experiment.")
        }
        return snapshot
    }

    /// Where an experiment's trials work.
    static func folder(_ id: ExperimentID, _ context: StageContext) -> String {
        context.layout.experiment(id)
    }
    static func folder(_ id: ExperimentID, _ trial: Int, _ context: StageContext) -> String {
        context.layout.trial(trial, of: id)
    }

    private func tell(_ experiment: Experiment, _ trial: Trial, _ message: String) {
        let values = trial.number == 0 ? "the present recipe" : TrialNotes.show(trial.values)
        context.logger.notice(
            "Experiment \(experiment.id) of \(experiment.pipeline): trial \(trial.number) (\(values)) \(message)",
            metadata: ["pipeline": "\(experiment.pipeline)", "stage": "experiments", "event": "experiment.trial"])
    }
}
