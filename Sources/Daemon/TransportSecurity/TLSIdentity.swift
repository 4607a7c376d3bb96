import CLibssl
import Foundation
import Nouns
import Synchronization

/// The certificate and the key that a listener shows, from two files, which are read again when they change.
package final class TLSIdentity: Sendable {
    private struct State {
        var context: TLSContext
        var files: [FileStamp?]
    }
    private let certificate: String
    private let key: String
    private let state: Mutex<State>

    /// Reads the files. Throws a Failure (`api.tls`) where they cannot be used.
    package init(certificate: String, key: String) throws {
        (self.certificate, self.key) = (certificate, key)
        let files = Self.stamps(certificate, key)
        state = Mutex(State(context: try TLSContext(certificate: certificate, key: key), files: files))
    }

    /// What new connections are secured with. Where the files have changed they are read again; where that fails, what
    /// was read before stays, and `failed` is told once for each change.
    package func context(failed: (Failure) -> Void) -> TLSContext {
        let files = Self.stamps(certificate, key)
        return state.withLock { state in
            guard files != state.files else { return state.context }
            state.files = files
            do throws(Failure) { state.context = try TLSContext(certificate: certificate, key: key) } catch {
                failed(error)
            }
            return state.context
        }
    }

    private static func stamps(_ paths: String...) -> [FileStamp?] { paths.map(FileStamp.init) }

    /// What tells that a file has changed.
    private struct FileStamp: Hashable, Sendable {
        let inode: UInt64
        let size: Int
        let seconds: Int
        let nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt64(status.st_ino)
            size = Int(status.st_size)
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }
}
