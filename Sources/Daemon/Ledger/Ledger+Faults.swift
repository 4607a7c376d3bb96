import GRDB
import Nouns

extension Ledger {
    /// What a database error means: a Failure where the machine is at fault and the same may succeed later, else the
    /// error itself.
    func fault(_ error: DatabaseError) -> any Error { Self.fault(error, at: pool.path) }

    static func fault(_ error: DatabaseError, at path: String) -> any Error {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            Failure(
                code: "ledger.busy", "Another program holds the ledger.", at: path,
                remedy: "End it (`fuser -v \(path)` names it); the daemon goes on by itself.", cause: "\(error)")
        case .SQLITE_FULL:
            Failure(
                code: "disk.full", "The ledger cannot be written: the disk is full.", at: path,
                remedy: "Free space on that disk; the daemon goes on by itself.", cause: "\(error)")
        case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_NOMEM, .SQLITE_READONLY:
            Failure(
                code: "ledger.io", "The ledger cannot be read or written.", at: path,
                remedy: "Look at its disk (`dmesg`), and at the limit on open files; the daemon goes on by itself.",
                cause: "\(error)")
        default: error
        }
    }
}
