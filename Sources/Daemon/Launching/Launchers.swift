import Nouns
import WorkerProtocol

/// The launchers that `worker.launcher` can name. A new one is a file of its own and a line here.
package enum Launchers {
    /// The command that does a piece of work; the path of its request is added. Throws ``WorkerEnd`` where there is
    /// none.
    package typealias Program = @Sendable (WorkerRequest) async throws -> [String]

    /// Makes of the command for a piece of work one that is confined. Throws where the work cannot be described.
    package typealias Confine = @Sendable (WorkerRequest, [String]) throws -> [String]

    /// Makes a launcher from `worker.launcher_options`. Throws a Failure (`settings.launcher`) that names an option
    /// which it does not know, or a value which it cannot take.
    typealias Make = @Sendable (_ options: [String: String], _ program: @escaping Program) throws -> any WorkerLauncher

    static let all: [String: Make] = [
        LocalLauncher.name: { try LocalLauncher(options: $0, program: $1) }
    ]

    /// Makes the launcher of this name. Throws a Failure (`settings.launcher`).
    ///
    /// - Parameters:
    ///   - confine: for what is started on this machine.
    ///   - room: what it may take of this machine.
    package static func make(
        _ name: String, options: [String: String], confine: @escaping Confine = { $1 }, room: WorkerRoom = WorkerRoom(),
        program: @escaping Program
    ) throws -> any WorkerLauncher {
        if name == LocalLauncher.name {
            return try LocalLauncher(options: options, confine: confine, room: room, program: program)
        }
        guard let make = all[name] else {
            throw Failure(
                code: "settings.launcher", "There is no launcher '\(name)'.", at: "worker.launcher",
                remedy: "Choose one of: \(all.keys.sorted().joined(separator: ", ")).")
        }
        return try make(options, program)
    }

    /// What a launcher says of an option that it does not know.
    static func unknown(_ option: String, of name: String, knows: [String]) -> Failure {
        Failure(
            code: "settings.launcher", "The launcher '\(name)' has no option '\(option)'.",
            at: "worker.launcher_options", remedy: "Remove it; it knows \(knows.joined(separator: ", ")).")
    }
}
