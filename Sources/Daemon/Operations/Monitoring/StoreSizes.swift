import Foundation
import Platform
import ServiceLifecycle
import StageKit
import Synchronization

/// How much room the parts of the state take, looked at every ten minutes by whoever has nothing else to do: a scrape
/// never waits for a walk through folders.
package final class StoreSizes: Service {
    private let context: StageContext
    private let sizes = Mutex<[String: Int]>([:])

    init(_ context: StageContext) { self.context = context }

    /// Bytes by store, as they were found last.
    var now: [String: Int] { sizes.withLock { $0 } }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // A walk that is given up is made again.
                try? await OwnThread.run { isCancelled in
                    IdlePriority.take()
                    self.look(isCancelled)
                }
                try? await Task.sleep(for: .seconds(600))
            }
        }
    }

    /// Looks at every store.
    package func look(_ isCancelled: () -> Bool = { false }) {
        let layout = context.layout
        let stores = [
            ("ledger", [layout.ledger, layout.ledger + "-wal"]), ("intake", [layout.state + "/intake"]),
            ("datasets", [layout.allDatasets]), ("runs", [layout.runs]), ("models", [layout.allModels]),
            ("bases", [layout.bases]), ("files", [layout.keptFiles]), ("quarantine", [layout.state + "/quarantine"]),
        ]
        for (store, paths) in stores {
            let size = paths.reduce(0) { $0 + (DiskSize.of($1, isCancelled) ?? 0) }
            guard !isCancelled() else { return }
            sizes.withLock { $0[store] = size }
        }
    }
}
