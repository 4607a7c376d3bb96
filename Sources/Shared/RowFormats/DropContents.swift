import Foundation
import Nouns
import Platform

/// What a drop is made of: one file, or the files of a folder. Follows no link, opens nothing but plain files.
package struct DropContents {
    /// One data file.
    package struct File {
        /// Its path inside the dropped folder; empty where the drop is the file itself.
        package var name: [UInt8]
        package var path: RawPath
        package var bytes: Int
        fileprivate var root: RawPath

        /// Opens it for reading, and nothing that was put in its place or on the way to it. Throws ``FileFailure``.
        package func open() throws -> Int32 { name.isEmpty ? try path.openFile() : try root.openFile(below: name) }
    }

    /// Most entries of a dropped folder, and how deep they may lie.
    package static let maximumEntries = 100_000
    package static let maximumDepth = 32

    package private(set) var files: [File] = []
    /// Entries of a folder that are left alone, with what they are.
    package private(set) var left: [(name: [UInt8], code: ProblemCode, what: String)] = []
    /// Seconds since 1970 at which anything in it changed last.
    package private(set) var changedAt = 0.0
    private var entries = 0

    /// Looks through what lies at `path`. Throws a Failure for what is no file and no folder, and for a folder without
    /// measure.
    package init(_ path: RawPath) throws {
        let status = try path.status()
        if status.st_mode & S_IFMT == S_IFDIR {
            note(status)
            try walk(path, root: path, prefix: [], depth: 1)
        } else {
            if let refusal = Self.refusal(mode: status.st_mode) {
                throw Failure(
                    code: "intake.not_a_file", "This is \(refusal.what).", at: path.description, remedy: refusal.remedy)
            }
            note(status)
            files = [File(name: [], path: path, bytes: Int(status.st_size), root: path)]
        }
    }

    /// The sum of all data, and the digest that names it: a file's own, or that of the list of a folder's names and
    /// digests.
    package func digest() throws -> (sha256: String, bytes: Int) {
        try Self.digest(
            files.map { file in
                let descriptor = try file.open()
                defer { close(descriptor) }
                return (file.name, try Digest.sha256(descriptor: descriptor, path: file.path.description), file.bytes)
            })
    }

    /// The same from digests that are known.
    package static func digest(_ files: [(name: [UInt8], sha256: String, bytes: Int)]) throws -> (
        sha256: String, bytes: Int
    ) {
        let bytes = files.reduce(0) { $0 &+ $1.bytes }
        if files.count == 1, files[0].name.isEmpty { return (files[0].sha256, bytes) }
        return (Digest.sha256(files.flatMap { Array($0.sha256.utf8) + [32] + $0.name + [0] }), bytes)
    }

    /// The time of change is the kernel's own: that of modification is what anyone sets it to, the future included.
    private mutating func note(_ status: stat) {
        changedAt = max(changedAt, Double(status.st_ctim.tv_sec) + Double(status.st_ctim.tv_nsec) * 1e-9)
    }

    /// What kind of thing lies there, by `st_mode`; nil for a plain file or a folder.
    package static func refusal(mode: mode_t) -> (what: String, remedy: String)? {
        switch mode & S_IFMT {
        case S_IFREG, S_IFDIR: nil
        case S_IFLNK: ("a symbolic link, which is never followed", "Copy the file itself into the folder.")
        case S_IFIFO: ("a named pipe", "Write the data to a file and drop that.")
        case S_IFSOCK: ("a socket", "Remove it.")
        default: ("a device", "Remove it.")
        }
    }

    private mutating func walk(_ folder: RawPath, root: RawPath, prefix: [UInt8], depth: Int) throws {
        for name in try folder.names() where !IgnoredNames.contains(name) {
            entries += 1
            guard entries <= Self.maximumEntries, depth <= Self.maximumDepth else {
                throw Failure(
                    code: "intake.folder_too_large",
                    """
                    The folder has more than \(Self.maximumEntries) entries, or is nested more than \
                    \(Self.maximumDepth) deep.
                    """,
                    at: folder.description, remedy: "Drop it in parts.")
            }
            let path = folder.appending(name)
            let full = prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
            let status = try path.status()
            note(status)
            if status.st_mode & S_IFMT == S_IFDIR {
                try walk(path, root: root, prefix: full, depth: depth + 1)
            } else if let refusal = Self.refusal(mode: status.st_mode) {
                left.append((full, .notAFile, refusal.what))
            } else if DataFormat.isData(String(decoding: name, as: UTF8.self)) {
                files.append(File(name: full, path: path, bytes: Int(status.st_size), root: root))
            } else {
                left.append(
                    (
                        full, .fileIgnored,
                        "a file whose name does not end in .\(DataFormat.endings.joined(separator: ", ."))"
                    ))
            }
        }
    }
}
