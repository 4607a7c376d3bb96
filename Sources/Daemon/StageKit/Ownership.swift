import ControlProtocol
import Ledger
import Nouns
import Platform

/// Whose the things are that requests name: pipelines, and what is of a pipeline.
///
/// A pipeline of the settings is nobody's: to change it is for admins.
package struct Ownership: Sendable {
    let ledger: Ledger

    package init(_ ledger: Ledger) { self.ledger = ledger }

    /// Whether somebody may change what a value of a path names, by the name that the path has for it.
    ///
    /// Runs and the like that there are not, and things that their own operations look after, are no hindrance.
    package func permits(_ principal: Principal, _ name: String, _ value: String) throws -> Bool {
        guard principal.role != .admin else { return true }
        // A job's run is whose the job is, whatever the pipeline.
        if name == "run", let job = try ledger.run(RunID(value))?.job, let owner = try ledger.job(job)?.owner,
            principal.owns(owner)
        {
            return true
        }
        let pipeline: PipelineName? =
            switch name {
            case "pipeline": PipelineName(value)
            case "run": try ledger.run(RunID(value))?.pipeline
            case "drop": try ledger.drop(DropID(value))?.pipeline
            case "experiment": try ledger.experiment(ExperimentID(value))?.pipeline
            default: nil
            }
        return try pipeline.map { try permits(principal, $0) } ?? true
    }

    /// Whether somebody may change a pipeline.
    package func permits(_ principal: Principal, _ pipeline: PipelineName) throws -> Bool {
        principal.owns(try owner(of: pipeline))
    }

    /// Whose a pipeline is; nil where it is nobody's.
    package func owner(of pipeline: PipelineName) throws -> String? { try ledger.madePipeline(pipeline)?.owner }

    /// What people call an owner: a user by his name.
    package static func name(of owner: String) -> String {
        guard owner.hasPrefix("uid:"), let number = UInt32(owner.dropFirst("uid:".count)) else { return owner }
        return System.userName(number)
    }
}
