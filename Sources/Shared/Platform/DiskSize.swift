import Foundation

/// How much room files take.
package enum DiskSize {
    /// Bytes of a file or of all files of a folder; nil where nothing lies there. A file with several names counts for
    /// each with its part.
    ///
    /// - Parameter isCancelled: where it says so, what is left is not looked at, and what comes is too little.
    package static func of(_ path: String, _ isCancelled: () -> Bool = { false }) -> Int? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int(status.st_size) / max(1, Int(status.st_nlink)) }
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).reduce(0) {
            isCancelled() ? $0 : $0 + (of(path + "/" + $1, isCancelled) ?? 0)
        }
    }
}
