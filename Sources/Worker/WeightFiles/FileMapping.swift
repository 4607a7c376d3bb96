import Foundation

/// A file mapped read-only for as long as the value lives.
package final class FileMapping: Sendable {
    /// The path as given.
    package let path: String
    private let address: UInt
    private let length: Int

    /// The file's bytes; valid while this object lives.
    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: length)
    }

    /// Maps a regular file. Throws ``WeightFileError`` when it cannot be opened or is no regular file.
    package init(path: String) throws(WeightFileError) {
        func failure(_ problem: String, _ remedy: String) -> WeightFileError {
            WeightFileError(.unreadable, file: path, problem: problem, remedy: remedy)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw failure(
                "cannot be opened: \(String(cString: strerror(errno)))", "Check the path and its permissions.")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failure("is not a regular file", "Give the path of a model file.")
        }
        self.path = path
        length = Int(status.st_size)
        guard length > 0 else {
            throw WeightFileError(
                .truncated, file: path, problem: "is empty", remedy: "Copy or download the file again.")
        }
        guard let start = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw failure(
                "cannot be mapped (\(length) bytes): \(String(cString: strerror(errno)))",
                "Free address space or raise the process's limit (ulimit -v).")
        }
        address = UInt(bitPattern: start)
        if let stray = StrayFile(UnsafeRawBufferPointer(start: start, count: length)) {
            throw WeightFileError(.malformed, file: path, problem: stray.problem, remedy: stray.remedy)
        }
    }

    deinit {
        munmap(UnsafeMutableRawPointer(bitPattern: address), length)
    }
}
