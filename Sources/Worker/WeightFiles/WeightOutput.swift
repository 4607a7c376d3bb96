import Foundation

/// A file being written: bytes go to a hidden neighbour, which takes the file's place only once it is whole and on
/// disk.
///
/// The engine stays free of the product's own helpers, hence this small one.
final class WeightOutput {
    private let path: String
    private let temporary: String
    private var descriptor: Int32
    private(set) var offset = 0

    init(path: String) throws(WeightFileError) {
        self.path = path
        let url = URL(fileURLWithPath: path)
        temporary = url.deletingLastPathComponent().path + "/.\(url.lastPathComponent).\(getpid()).tmp"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("cannot be created") }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(temporary)
    }

    private func failure(_ problem: String) -> WeightFileError {
        let full = errno == ENOSPC || errno == EDQUOT
        return WeightFileError(
            .unwritable, file: path, problem: "\(problem): \(String(cString: strerror(errno)))",
            remedy: full ? "Free space on the disk and start again." : "Check the folder and its permissions.")
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(WeightFileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = Foundation.write(descriptor, piece.baseAddress, piece.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("cannot be written at byte \(offset)")
            }
            rest = rest.dropFirst(count)
            offset += count
        }
    }

    func write(_ bytes: [UInt8]) throws(WeightFileError) {
        // A typed throw does not pass through withUnsafeBytes.
        let result = bytes.withUnsafeBytes { buffer in
            Result<Void, WeightFileError> { () throws(WeightFileError) in try write(buffer) }
        }
        try result.get()
    }

    /// Fills up to a multiple of `alignment` with zeros.
    func pad(to alignment: Int) throws(WeightFileError) {
        let missing = (alignment - offset % alignment) % alignment
        if missing > 0 { try write([UInt8](repeating: 0, count: missing)) }
    }

    /// Makes the bytes durable and gives the file its name.
    func finish() throws(WeightFileError) {
        guard fsync(descriptor) == 0 else { throw failure("cannot be made durable") }
        close(descriptor)
        descriptor = -1
        guard rename(temporary, path) == 0 else {
            let error = failure("cannot take its name")
            unlink(temporary)
            throw error
        }
        let folder = open(
            URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("its folder cannot be opened") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("its folder cannot be made durable") }
    }
}
