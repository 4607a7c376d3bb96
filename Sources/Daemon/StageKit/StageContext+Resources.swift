import Foundation
import Ledger
import Nouns
import Settings
import WorkerProtocol

extension StageContext {
    /// What a piece of work may take of this machine: what its pipeline's settings say now. Work that is no pipeline's,
    /// such as looking at a base, has no limits, and neither has what answers questions.
    package func limits(of request: WorkerRequest) -> ResourceLimits {
        // Nobody's limits hold where the ledger cannot be asked: the work itself will say so.
        guard request.task.kind != .serve, let owner = try? owner(of: request) else { return ResourceLimits() }
        return settings.daemon.resources.overridden(by: settings.pipeline(owner)?.resources)
    }

    /// The pipeline that a piece of work is for, by its folder or its name; nil where it is for none.
    func owner(of request: WorkerRequest) throws -> PipelineName? {
        func first(below folder: String) -> String? {
            guard request.directory.hasPrefix(folder + "/") else { return nil }
            return request.directory.dropFirst(folder.count + 1).split(separator: "/").first.map(String.init)
        }
        if let name = first(below: layout.experiments) { return try ledger.experiment(ExperimentID(name))?.pipeline }
        if let name = first(below: layout.runs), !name.hasPrefix(".") { return try ledger.run(RunID(name))?.pipeline }
        let words = request.id.split(separator: "-", maxSplits: 1)
        switch (words.first, words.last.map(String.init)) {
        case ("measure", let name?): return PipelineName(name)
        case ("prequential", let drop?): return try ledger.drop(DropID(drop))?.pipeline
        case ("v", let rest?):
            let digest = rest.prefix { $0 != "-" }
            return try ledger.version(VersionID("v-\(digest)"))?.pipeline
        default: return nil
        }
    }
}
