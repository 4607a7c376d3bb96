import Foundation
import Ledger
import Logging
import Nouns
import Settings
import TestSupport
import Testing

@testable import StageKit

/// A ledger that is taken away under a daemon at work is a problem until it is back.
struct LedgerWatchTests {
    @Test func aLedgerThatIsTakenAwayIsSaidUntilItIsBack() throws {
        let sandbox = try Sandbox()
        let context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder()),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let watch = LedgerWatch(context)
        try watch.pass()
        #expect(context.problems.count == 0)
        let away = sandbox.layout.ledger + ".away"
        try FileManager.default.moveItem(atPath: sandbox.layout.ledger, toPath: away)
        try watch.pass()
        #expect(context.problems.all().map(\.code) == ["ledger.missing"])
        try FileManager.default.moveItem(atPath: away, toPath: sandbox.layout.ledger)
        try watch.pass()
        #expect(context.problems.count == 0)
    }
}
