import Foundation
import Nouns
import Places
import Settings
import WorkerProtocol

/// Training on an engine that a pipeline names: refused where the engine cannot do it, on what the worker prepared, and
/// with a result that was looked at.
package struct EngineWork: Sendable {
    let profile: EngineProfile
    let description: EngineDescription
    let base: BaseCard
    let inputs: EngineInputs

    package var name: EngineName { profile.name }

    /// Throws ``WorkerEnd`` where the engine is not there, or does not say what it can do.
    ///
    /// - Parameter perform: has a piece of work done, by the worker or by the engine that it names.
    package init(
        _ name: EngineName, base: BaseCard, layout: Layout, settings: SettingsFolder, roster: EngineRoster?,
        perform: @escaping EngineInputs.Perform
    ) async throws {
        guard let profile = settings.engine(name), let roster else {
            throw WorkerEnd.waits(settings.unknownEngine(name, at: name.rawValue))
        }
        self.profile = profile
        self.base = base
        inputs = EngineInputs(layout, perform: perform)
        do { description = try await roster.description(of: profile) } catch let failure as Failure {
            throw failure.code == "engine.protocol" ? WorkerEnd.failed(failure) : WorkerEnd.died(failure)
        }
    }

    /// Trains. Throws ``WorkerEnd``; a result that is not sound fails the work.
    ///
    /// - Parameter hasPairs: whether some of the rows have two answers.
    package func train(_ request: WorkerRequest, _ task: TrainTask, hasPairs: Bool) async throws -> TrainingResult {
        let (request, task) = try await prepared(request, task, hasPairs: hasPairs)
        var own = request
        own.task = .train(task)
        do {
            var training = try EngineResult(own, task).checked(try await inputs.perform(own))
            training.engine = record
            if !training.paused { clear(own) }
            return training
        } catch let failure as Failure where failure.code == "engine.result" {
            throw WorkerEnd.failed(failure)
        }
    }

    /// Sweeps the learning rate: on the engine where it does that, else by the worker, which finds the same. What the
    /// curve speaks for is read here. Throws ``WorkerEnd``.
    package func sweep(_ request: WorkerRequest, _ sweep: RangeTestTask, hasPairs: Bool) async throws -> WorkerResult {
        guard description.does(.rangeTest) || base.isForEngines == true, !profile.isBuiltin else {
            return try await inputs.perform(request)
        }
        var sweep = sweep
        var own: WorkerRequest
        (own, sweep.train) = try await prepared(request, sweep.train, hasPairs: hasPairs)
        own.task = .rangeTest(sweep)
        do {
            var result = try await inputs.perform(own)
            result.range = try EngineResult(own, sweep.train).curve(result, of: sweep)
            clear(own)
            return result
        } catch let failure as Failure where failure.code == "engine.result" {
            throw WorkerEnd.failed(failure)
        }
    }

    private func prepared(_ request: WorkerRequest, _ task: TrainTask, hasPairs: Bool) async throws -> (
        WorkerRequest, TrainTask
    ) {
        let fitness = EngineFitness(profile.name, description)
        let refusals = fitness.refusals(
            task.recipe, base: base, hasPairs: hasPairs, evaluates: profile.evaluate
        )
        if let refusal = refusals.first { throw WorkerEnd.failed(refusal) }
        return try await inputs.prepared(request, task, for: profile, base: base)
    }

    /// Removes the tokens of work that is done: they hold what rows say, and are made again where they are needed.
    private func clear(_ request: WorkerRequest) {
        try? FileManager.default.removeItem(atPath: WorkFolder(request.directory).tokens)
    }

    private var record: EngineRecord {
        EngineRecord(
            name: profile.name, program: profile.program, versions: description.versions, ranks: profile.ranks,
            precision: profile.precision.rawValue, quantise: profile.quantise.rawValue)
    }
}
