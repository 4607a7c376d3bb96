import Foundation
import Nouns
import Platform
import RowFormats

/// A pipeline's drop folder, as somebody sees it who puts files there.
struct DropFolder {
    let path: String

    /// Copies a file or a folder there under a hidden name, makes it durable and gives it its name in one step, so that
    /// the daemon never sees half of it. Throws a Failure, with nothing left behind.
    func place(_ source: RawPath, as name: String) throws {
        let hidden = path + "/.ftctl-\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).part"
        do {
            // What is no file is refused here already, and in words.
            let contents = try DropContents(source)
            if contents.files.count == 1, contents.files[0].name.isEmpty {
                try copy(try source.openFile(), source, to: hidden)
            } else {
                try copy(contents, source, to: hidden)
            }
            try AtomicFile.putBack(hidden, to: RawPath(path + "/" + name))
        } catch {
            try? FileManager.default.removeItem(atPath: hidden)
            throw Self.failure(error, name)
        }
    }

    /// Copies every file of a folder, also those that will be left aside: the report is to name them.
    private func copy(_ contents: DropContents, _ source: RawPath, to folder: String) throws {
        if let left = contents.left.first(where: { $0.code == .notAFile }) {
            throw Failure(
                code: "intake.not_a_file", "This is \(left.what).", at: RawPath.shown(left.name),
                remedy: "Take it out of the folder.")
        }
        try AtomicFile.makeFolder(folder, mode: 0o770)
        for name in contents.files.map(\.name) + contents.left.map(\.name) {
            let target = RawPath(folder).appending(name)
            try AtomicFile.makeFolder(target.folder.description, mode: 0o770)
            try copy(try source.openFile(below: name), source.appending(name), to: target.description)
        }
        try AtomicFile.sync(folder: folder)
    }

    /// Copies what is open, and closes it.
    private func copy(_ source: Int32, _ path: RawPath, to target: String) throws {
        defer { close(source) }
        // The folder's default rights apply; the daemon reads what its group may read.
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o660)
        guard output >= 0 else { throw FileFailure("create it", target, errno: errno) }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure("read it", path.description, errno: errno) }
            if count == 0 { break }
            try buffer.withUnsafeBytes {
                try AtomicFile.writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: output, path: target)
            }
        }
        guard fsync(output) == 0 else { throw FileFailure("make it durable", target, errno: errno) }
    }

    private static func failure(_ error: any Error, _ name: String) -> any Error {
        guard let failure = error as? FileFailure else { return error }
        switch failure.number {
        case EEXIST:
            return Failure(
                code: "drop.waiting", "A file of that name lies in the drop folder already.", at: failure.path,
                remedy: "Wait until the daemon has taken it, or give yours another name with --name.")
        case EACCES, EPERM:
            return Failure(
                code: "drop.permission", "You may not \(failure.action): \(failure.reason).", at: failure.path,
                remedy: "Let an administrator add you to the daemon's group: usermod -aG finetuned USER.")
        default:
            return Failure(
                code: failure.isFull ? "disk.full" : "client.file", "It cannot be dropped: \(failure.reason).",
                at: failure.path, remedy: failure.remedy)
        }
    }
}
