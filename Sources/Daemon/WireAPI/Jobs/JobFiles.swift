import ControlProtocol
import Ledger

/// The kept files that jobs take and give.
package struct JobFiles: Sendable {
    /// Finds a file of whoever asks; throws a Failure (`file.unknown`) for every other.
    let find: @Sendable (FileID, _ who: Principal) throws -> KeptFile
    /// Keeps a text as a file of results, under an identifier; once it is kept, it stays as it is.
    let keep: @Sendable (_ text: String, _ name: String, FileID, _ owner: String) throws -> KeptFile

    package init(
        find: @escaping @Sendable (FileID, _ who: Principal) throws -> KeptFile,
        keep: @escaping @Sendable (_ text: String, _ name: String, FileID, _ owner: String) throws -> KeptFile
    ) {
        (self.find, self.keep) = (find, keep)
    }
}
