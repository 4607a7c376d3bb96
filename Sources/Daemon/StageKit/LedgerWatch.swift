import Nouns
import Platform
import ServiceLifecycle

/// Looks every 45 seconds whether the ledger's file is still the one that is open, and says which rows of it could not
/// be read.
package struct LedgerWatch: Service {
    let context: StageContext
    private let loop: StageLoop

    package init(_ context: StageContext) {
        self.context = context
        loop = StageLoop("ledger", code: "ledger.failed", context, bell: Bell(), every: .seconds(45))
    }

    package func run() async throws { await loop.run { try pass() } }

    func pass() throws {
        try loop.guarding("ledger:file", event: "ledger.failed") {
            guard context.ledger.isInPlace else {
                throw Failure(
                    code: "ledger.missing",
                    """
                    The ledger's file was removed or exchanged. The daemon goes on with the one that it has open, \
                    which is lost when it stops.
                    """,
                    at: context.layout.ledger,
                    remedy: """
                        Save what is open with `sqlite3 /proc/$(pidof finetuned)/fd/N ".backup FILE"` (N: its \
                        descriptor, see `ls -l /proc/$(pidof finetuned)/fd`), stop the daemon, put FILE in place, and \
                        start it.
                        """)
            }
        }
        let unreadable = context.ledger.unreadable
        loop.forget("row", except: Array(unreadable.keys))
        for (row, reason) in unreadable {
            let failure = Failure(
                code: "ledger.row", "The row \(row) of the ledger cannot be read, so it is passed over.",
                at: context.layout.ledger,
                remedy: "Put the ledger back from a backup; everything else goes on.", cause: reason)
            loop.report(failure, "ledger:row:\(row)", event: "ledger.failed")
        }
    }
}
