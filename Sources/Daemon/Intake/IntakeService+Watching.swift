import Foundation
import Platform
import Settings
import StageKit

extension IntakeService {
    /// Has the kernel say when something comes. Where its limits are used up, the folder is scanned by the clock alone.
    func watch(_ folder: String) throws {
        do {
            try hints.watch(folder)
            context.problems.set("intake:watch", nil)
        } catch let limit as WatchLimit {
            loop.report(limit, "intake:watch", event: "watch.failed")
        }
    }
}
