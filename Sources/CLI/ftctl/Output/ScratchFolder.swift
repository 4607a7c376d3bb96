import Foundation
import Platform

/// A folder that goes away with its owner.
final class ScratchFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/ftctl-\(UUID().uuidString)"
        try AtomicFile.makeFolder(path, mode: 0o700)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
