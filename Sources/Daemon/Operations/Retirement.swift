import ControlProtocol
import Experiments
import Feedback
import Foundation
import Ledger
import Nouns
import Platform
import Promotion
import Settings
import StageKit
import Supervision

/// Ends a pipeline whole, or gives it another name. Cut short, either is asked for again and goes on.
struct Retirement: Sendable {
    let context: StageContext
    let supervision: SupervisionService
    let experiments: ExperimentService
    let promotion: PromotionService
    let answers: CompletionStore

    /// Throws a Failure: `pipeline.configured` where its settings file is still there, `pipeline.unknown` where nobody
    /// ever heard of it.
    func retire(_ name: PipelineName, _ request: RetireRequest, who: String) throws -> RetireAnswer {
        try missFile(name)
        try MadePipelines(context).remove(name)
        try takeOut(name)
        var answer = RetireAnswer(pipeline: name)
        for job in try context.ledger.waitingJobs(name) {
            try context.ledger.change(job.id) { try $0.cancel(by: "\(who), who retired \(name)", at: Date()) }
        }
        for experiment in try context.ledger.experiments(pipeline: name, state: .running, limit: 100) {
            answer.stopped.append(try experiments.stop(experiment.id, by: who).id)
        }
        for run in try context.ledger.runs(in: RunState.allCases.filter(\.isUnderWay)) where run.pipeline == name {
            do {
                answer.cancelled.append(try supervision.cancel(run.id, by: "\(who), who retired \(name)").id)
            } catch let failure as Failure where failure.code == "run.transition" {
                // It ended meanwhile.
                continue
            }
        }
        answer.served = try promotion.end(name, who: who, reason: "retired: \(request.reason)")
        answer.bytes += try removeModels(name)
        if request.erase {
            let layout = context.layout
            for folder in [
                layout.datasets(name), layout.intake(name), layout.quarantine(name), layout.drop(name),
                layout.feedback(name),
            ] { answer.bytes += try remove(folder) }
            answers.readAnew()
            answer.erased = try context.ledger.erase(name, who: who, reason: request.reason)
        }
        context.problems.clear(prefix: "drop:\(name):")
        context.problems.set("pipeline:\(name)", nil)
        context.waiting.set(name, [])
        context.logger.notice(
            "The pipeline \(name) was retired by \(who)\(request.erase ? ", with its data" : ""): \(request.reason)",
            metadata: ["pipeline": "\(name)", "event": "pipeline.stopped"])
        return answer
    }

    /// Gives a pipeline whose settings file was moved away another name, with all its history.
    ///
    /// Throws a Failure: as ``retire(_:_:who:)``, and as ``Ledger/rename(_:to:folders:who:)``.
    func rename(_ name: PipelineName, _ request: RenameRequest, who: String) throws -> RenameAnswer {
        let new = request.name
        guard new.rawValue.wholeMatch(of: /[a-z0-9][a-z0-9_-]{0,62}/) != nil else {
            throw Failure(
                code: "pipeline.name", "'\(new)' cannot name a pipeline.", at: new.rawValue,
                remedy: "Use lower-case letters, digits, '_' and '-'.")
        }
        // Asked again after it was cut short, what is left is done.
        if try context.ledger.presentName(of: name) != new {
            try missFile(new)
            let former = context.settings.pipeline(name)
            try takeOut(name)
            do {
                try context.ledger.rename(
                    name, to: new, folders: PipelineFolders.stored(context.layout, name, new), who: who)
            } catch {
                if let former { putBack(former) }
                throw error
            }
        }
        try PipelineFolders(context.layout, context.ledger).follow()
        answers.readAnew()
        MadePipelines(context).putIntoForce()
        context.logger.notice(
            "The pipeline \(name) is called \(new) from now on, by \(who)",
            metadata: ["pipeline": "\(new)", "event": "pipeline.ready"])
        return RenameAnswer(former: name, pipeline: new)
    }

    /// Has nothing begun for a pipeline any more; its file is gone, so that the next reload says the same.
    private func takeOut(_ name: PipelineName) throws {
        try missFile(name)
        try context.requireKnown(name)
        context.settings.change { settings in
            var settings = settings
            settings.pipelines.removeAll { $0.name == name }
            return settings
        }
    }

    /// Has a pipeline go on that could not be renamed. Its file may be back before anybody looks at the folder, which
    /// then is as it was when it was last read.
    private func putBack(_ pipeline: PipelineSettings) {
        context.settings.change { settings in
            var settings = settings
            guard !settings.pipelines.contains(where: { $0.name == pipeline.name }) else { return settings }
            settings.pipelines.append(pipeline)
            settings.pipelines.sort { $0.name < $1.name }
            return settings
        }
    }

    /// Throws a Failure (`pipeline.configured`) where there is a settings file of that name.
    private func missFile(_ name: PipelineName) throws {
        let file = context.layout.pipelineFile(name)
        guard FileManager.default.fileExists(atPath: file) else { return }
        throw Failure(
            code: "pipeline.configured", "There is a settings file of a pipeline '\(name)'.", at: file,
            remedy: "Move it away (`mv \(name).toml \(name).toml.away`), then ask again.")
    }

    /// Removes the files of every run, version and experiment; their records stay.
    private func removeModels(_ name: PipelineName) throws -> Int {
        var bytes = try remove(context.layout.models(name))
        for version in try context.ledger.keptVersions(name) {
            bytes += try remove(context.layout.export(version.id))
            try context.ledger.clear(.version, version.id.rawValue)
        }
        for run in try context.ledger.keptRuns(name) {
            bytes += try remove(context.layout.run(run.id))
            try context.ledger.clear(.run, run.id.rawValue)
        }
        for experiment in try context.ledger.keptExperiments(name) {
            bytes += try remove(context.layout.experiment(experiment.id))
            try context.ledger.clear(.experiment, experiment.id.rawValue)
        }
        return bytes
    }

    private func remove(_ path: String) throws -> Int {
        guard let bytes = DiskSize.of(path) else { return 0 }
        try FileManager.default.removeItem(atPath: path)
        return bytes
    }
}
