import Foundation
import Nouns

/// A stored drop as the scheduler sees it.
package struct StoredDrop: Hashable, Sendable {
    package var id: DropID
    package var receivedAt: Date
    package var storedAt: Date
    /// Whether some run has been queued for it already, whatever became of that run.
    package var isTried: Bool
    /// Rows on the training side that are not kept out of training.
    package var trainRows: Int

    package init(id: DropID, receivedAt: Date, storedAt: Date, isTried: Bool, trainRows: Int) {
        self.id = id
        self.receivedAt = receivedAt
        self.storedAt = storedAt
        self.isTried = isTried
        self.trainRows = trainRows
    }
}
