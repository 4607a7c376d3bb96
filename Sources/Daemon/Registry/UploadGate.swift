import Nouns
import Synchronization

/// Whether an upload may be written to. Its files are written by any number at a time; from the moment at which it is
/// looked at nobody writes, so that what is kept is what was looked at. The daemon alone touches uploads.
package final class UploadGate: Sendable {
    /// What somebody does with an upload.
    package enum Purpose: Sendable { case writing, inspecting }

    /// Who is at an upload: so many write, or one looks (-1).
    private static let present = Mutex<[String: Int]>([:])

    private let folder: String
    private let purpose: Purpose

    /// Holds the gate for as long as the object lives. Throws a Failure: `upload.closed` where the upload is being
    /// looked at, `upload.busy` where a file of it is being written.
    package init(_ folder: String, for purpose: Purpose) throws {
        let isOpen = Self.present.withLock { present in
            let count = present[folder] ?? 0
            guard purpose == .writing ? count >= 0 : count == 0 else { return false }
            present[folder] = purpose == .writing ? count + 1 : -1
            return true
        }
        // What throws before it is whole is never taken down.
        guard isOpen else { throw Self.refusal(folder, purpose) }
        self.folder = folder
        self.purpose = purpose
    }

    deinit {
        Self.present.withLock { present in
            let rest = purpose == .writing ? (present[folder] ?? 1) - 1 : 0
            present[folder] = rest == 0 ? nil : rest
        }
    }

    private static func refusal(_ folder: String, _ purpose: Purpose) -> Failure {
        switch purpose {
        case .writing:
            Failure(
                code: "upload.closed", "The upload is being looked at, so nothing is added to it.", at: folder,
                remedy: "Open another upload.")
        case .inspecting:
            Failure(
                code: "upload.busy", "A file of the upload is still being written.", at: folder,
                remedy: "Wait until it is there, and ask again.")
        }
    }
}
