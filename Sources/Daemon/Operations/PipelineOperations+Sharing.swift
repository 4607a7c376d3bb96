import ControlProtocol
import Nouns
import Platform
import StageKit

extension PipelineOperations {
    /// Lets a user make jobs in a pipeline that jobs made, or no more.
    ///
    /// Throws a Failure: `pipeline.unknown`, `pipeline.not_made` for one that has a file, and `permission.pipeline`
    /// where it is somebody else's.
    package func share(_ name: PipelineName, _ request: ShareRequest, who: Principal) throws -> ShareAnswer {
        guard let made = try context.ledger.madePipeline(name) else {
            _ = try context.requirePipeline(name)
            throw Failure(
                code: "pipeline.not_made", "The pipeline '\(name)' was made by a file, and every user may use it.",
                at: name.rawValue, remedy: "Share pipelines that jobs made.")
        }
        let owner = Ownership.name(of: made.owner)
        guard who.owns(made.owner) else {
            throw Failure(
                code: "permission.pipeline", "The pipeline '\(name)' belongs to \(owner).", at: name.rawValue,
                remedy: "Ask \(owner) to share it.")
        }
        try context.ledger.share(name, with: try Self.owner(request.user), request.shared)
        return ShareAnswer(
            pipeline: name, owner: owner, users: try context.ledger.sharers(of: name).map(Ownership.name))
    }

    /// What the things of a user or a token are marked with. Throws a Failure (`user.unknown`).
    private static func owner(_ user: String) throws -> String {
        if user.hasPrefix("token:") || user.hasPrefix("uid:") { return user }
        guard let number = System.userID(user) else {
            throw Failure(
                code: "user.unknown", "There is no user '\(user)'.", at: user,
                remedy: "Give the name of a user of this machine, or token:ID as `ftctl token list` shows it.")
        }
        return "uid:\(number)"
    }
}
