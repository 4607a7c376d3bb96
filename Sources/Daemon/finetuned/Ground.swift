import ControlAPI
import Foundation
import Ledger
import Nouns
import Places
import Platform
import StageKit
import Synchronization
import Systemd

/// What the daemon stands on: its folders, the lock of its state, its ledger.
final class Ground: Sendable {
    private let layout: Layout
    private let manager: ServiceManager
    /// Held from the first moment at which it can be taken, for as long as this object lives.
    private let lock = Mutex<FileLock?>(nil)

    /// What somebody on the control socket may do.
    let access: SocketAccess

    init(_ layout: Layout, _ manager: ServiceManager) {
        self.layout = layout
        self.manager = manager
        access = SocketAccess(
            isRooted: !layout.root.isEmpty, service: Descent.service(ProcessEnvironment.current))
    }

    /// Makes the folders, takes the lock and opens the ledger.
    ///
    /// Throws a Failure (`daemon.running`, or of the ledger) or a FileFailure; it can be tried again.
    func prepare() throws -> Ledger {
        try AtomicFile.makeFolder(layout.state)
        try lock.withLock { if $0 == nil { $0 = try takeLock() } }
        for folder in [layout.runtime, layout.runs, layout.drops] { try AtomicFile.makeFolder(folder) }
        try FolderRights(layout).settle()
        return try openLedger()
    }

    private func takeLock() throws -> FileLock {
        do { return try FileLock(folder: layout.state, file: layout.lock) } catch let failure as FileFailure
            where failure.number == EWOULDBLOCK
        {
            throw Failure(
                code: "daemon.running", "Another finetuned has this state already.", at: layout.state,
                remedy: "See `ftctl status`; stop that one first.")
        }
    }

    /// Opens the ledger. Bringing that of an earlier version up to date takes longer than a start may where it has many
    /// millions of rows.
    private func openLedger() throws -> Ledger {
        let timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now() + 20, repeating: 20)
        timer.setEventHandler { [manager] in manager.extendTimeout(by: .seconds(60)) }
        timer.resume()
        defer { timer.cancel() }
        try LedgerCheck.check(layout)
        let ledger = try Ledger(path: layout.ledger)
        try Leftovers(layout, ledger).checkAge()
        return ledger
    }
}
