import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform

/// Whose the things are that requests name: jobs with their runs and drops, pipelines, and what is of a pipeline.
///
/// A pipeline of the settings is nobody's: everybody sees it, and to change it is for admins.
package struct Ownership: Sendable {
    private let context: StageContext
    private var ledger: Ledger { context.ledger }

    package init(_ context: StageContext) { self.context = context }

    /// Whose the rows of a pipeline are that jobs made; nil for every other.
    private func owner(of pipeline: PipelineName) throws -> String? { try ledger.madePipeline(pipeline)?.owner }

    /// Whether somebody may change what a value of a path names, by the name that the path has for it: his own jobs'
    /// runs where the access is to what is his own, and whatever is of pipelines that are his.
    ///
    /// Runs and the like that there are not, and things that their own operations look after, are no hindrance.
    package func permits(_ principal: Principal, _ access: EndpointAccess, _ name: String, _ value: String) throws
        -> Bool
    {
        guard principal.role != .admin else { return true }
        if access == .own, let owner = try jobOwner(name, value), principal.owns(owner) { return true }
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

    /// Whether somebody may change a pipeline. One that a file of the settings has taken over is its maker's no more.
    package func permits(_ principal: Principal, _ pipeline: PipelineName) throws -> Bool {
        if principal.role != .admin, let settings = context.settings.pipeline(pipeline),
            !context.layout.isMade(settings.file)
        {
            return false
        }
        return principal.owns(try owner(of: pipeline))
    }

    /// Whether what a value of a path names exists for somebody: jobs of others, their runs and their drops do not.
    package func shows(_ principal: Principal, _ name: String, _ value: String) throws -> Bool {
        guard principal.role != .admin else { return true }
        return principal.sees(try jobOwner(name, value))
    }

    /// Whether somebody may read the rows of what a text names: a snapshot, a drop, a run, a version, or a pipeline.
    /// Those of pipelines that jobs made are of files that are somebody's, and in every pipeline those of others' jobs.
    package func showsRows(_ principal: Principal, _ text: String) throws -> Bool {
        guard principal.role != .admin else { return true }
        let sight = Sight(ledger, principal)
        guard try sight.sees(RunID(text)), try sight.sees(DropID(text)),
            try ledger.snapshotSummary(SnapshotID(text)).map(sight.sees) ?? true
        else { return false }
        let pipeline =
            try ledger.snapshot(SnapshotID(text))?.pipeline ?? ledger.drop(DropID(text))?.pipeline
            ?? ledger.run(RunID(text))?.pipeline ?? ledger.version(VersionID(text))?.pipeline ?? PipelineName(text)
        return principal.sees(try owner(of: pipeline))
    }

    /// An answer of the daemon as somebody gets it: what names another's job, run, drop or file names nothing.
    package func told(_ principal: Principal, _ text: Data) throws -> Data {
        try Sight(ledger, principal).told(text)
    }

    /// What somebody is told of a thing that does not exist for him.
    package static func unknown(_ name: String, _ value: String) -> Failure {
        Failure(
            code: "\(name).unknown", "There is no \(name) '\(value)'.", at: value,
            remedy: name == "run" ? "See `ftctl runs`." : "Ask for a list of those there are.")
    }

    /// What people call an owner: a user by his name.
    package static func name(of owner: String) -> String {
        guard owner.hasPrefix("uid:"), let number = UInt32(owner.dropFirst("uid:".count)) else { return owner }
        return System.userName(number)
    }

    /// Whose job it is that a value of a path names, or that made what it names; nil where there is none.
    private func jobOwner(_ name: String, _ value: String) throws -> String? {
        let job: JobID? =
            switch name {
            case "job": JobID(value)
            case "run": try ledger.run(RunID(value))?.job
            default: nil
            }
        if name == "drop" { return try ledger.jobOwner(ofDrop: DropID(value)) }
        return try job.flatMap { try ledger.job($0) }?.owner
    }
}
