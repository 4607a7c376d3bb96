import Foundation
import Nouns
import WorkerProtocol

/// One line of a run's live story: a state change of the daemon or an event of its worker.
package struct RunNotice: Codable, Hashable, Sendable {
    package var index: Int
    package var at: Date
    package var run: RunID
    package var state: RunState
    package var event: WorkerEvent?
    package var message: String?
    package init(index: Int, at: Date, run: RunID, state: RunState, event: WorkerEvent? = nil, message: String? = nil) {
        self.index = index
        self.at = at
        self.run = run
        self.state = state
        self.event = event
        self.message = message
    }
}
