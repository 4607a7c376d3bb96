import Foundation
import Nouns
import WorkerProtocol

/// Starts workers. One protocol, so that another machine or another engine can take the local program's place.
package protocol WorkerLauncher: Sendable {
    /// Runs `request` to its end, giving each event as it comes, and returns the result.
    ///
    /// A cancelled task asks the worker to stop (SIGTERM), and kills it when it does not. Throws ``WorkerEnd``.
    func run(_ request: WorkerRequest, silence: Duration, onEvent: @escaping @Sendable (WorkerEvent) -> Void)
        async throws -> WorkerResult
}

/// How a worker ended without a result.
package enum WorkerEnd: Error, Hashable, Sendable {
    /// It said what is wrong; starting it again would not help.
    case failed(Failure)
    /// It died, hung or could not be started; starting it again may help.
    case died(Failure)
    /// It wrote a checkpoint and left because it was asked to.
    case interrupted

    package var failure: Failure? {
        switch self {
        case .failed(let failure), .died(let failure): failure
        case .interrupted: nil
        }
    }
}
