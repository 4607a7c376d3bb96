import Foundation
import Nouns
import Platform
import Synchronization

/// A version as one tar file, read from its folder piece by piece as it is sent.
package struct PackWriter: Sendable {
    /// What the file says first.
    package let pack: VersionPack
    private let folders: [String]

    /// Looks at every file of a version and computes its digest.
    ///
    /// Throws a ``FileFailure``, and a Failure (`pack.content`) where the files are not what the version names.
    package init(_ version: ModelVersion, base: BaseCard, verdict: Verdict?, program: String) throws {
        var packed = version
        var files: [VersionPack.Member] = []
        for (index, adapter) in version.adapters.enumerated() {
            let folder = VersionPack.folder(index)
            packed.adapters[index].path = folder
            for name in try FolderListing.names(adapter.path).sorted() where !name.hasPrefix(".") {
                let path = adapter.path + "/" + name
                var status = stat()
                guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
                files.append(
                    VersionPack.Member(
                        name: folder + "/" + name, sha256: try Digest.sha256(file: path), bytes: Int(status.st_size)))
            }
        }
        // What of a foreign version was said elsewhere is said of it again where it is added.
        packed.foreign = nil
        folders = version.adapters.map(\.path)
        pack = VersionPack(
            version: packed, base: base, verdict: verdict, files: files, packedAt: Date(), program: program)
        try pack.check(at: version.id.rawValue)
    }

    /// The bytes of the tar file, in order. Throws a ``FileFailure`` where a file cannot be read, and `pack.changed`
    /// where one has another length by now.
    package func pieces() throws -> AsyncThrowingStream<Data, any Error> {
        let manifest = try ContractCoding.pretty(pack)
        let source = try PackSource(manifest, pack.files.map { ($0, path(of: $0)) })
        return AsyncThrowingStream { try source.next() }
    }

    private func path(of file: VersionPack.Member) -> String {
        let parts = file.name.split(separator: "/", maxSplits: 1)
        let index = parts.first.flatMap { Int($0.dropFirst("adapter-".count)) } ?? 0
        return folders[index] + "/" + (parts.last ?? "")
    }
}

/// The bytes of a pack, of which one piece at a time is in memory.
private final class PackSource: Sendable {
    private static let pieceBytes = 1 << 18

    private struct State {
        var ready: [Data]
        var rest: [(file: VersionPack.Member, path: String)]
        var open: (descriptor: Int32, path: String, left: Int, padding: Int)?
        var isOver = false
    }
    private let state: Mutex<State>

    init(_ manifest: Data, _ files: [(VersionPack.Member, String)]) throws {
        let head = TarHeader(name: VersionPack.manifestName, bytes: manifest.count)
        state = Mutex(
            State(
                ready: [Data(head.block), manifest, Data(count: TarHeader.padding(manifest.count))],
                rest: files.map { (file: $0.0, path: $0.1) }))
    }

    deinit { state.withLock { if let file = $0.open { close(file.descriptor) } } }

    func next() throws -> Data? {
        try state.withLock { state in
            while true {
                if !state.ready.isEmpty {
                    let piece = state.ready.removeFirst()
                    if piece.isEmpty { continue }
                    return piece
                }
                if state.open != nil { return try Self.read(&state) }
                guard !state.rest.isEmpty else {
                    if state.isOver { return nil }
                    state.isOver = true
                    return Data(count: 2 * TarHeader.length)
                }
                let (file, path) = state.rest.removeFirst()
                let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
                guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
                state.open = (descriptor, path, file.bytes, TarHeader.padding(file.bytes))
                state.ready = [Data(TarHeader(name: file.name, bytes: file.bytes).block)]
            }
        }
    }

    private static func read(_ state: inout State) throws -> Data? {
        guard var file = state.open else { return nil }
        guard file.left > 0 else {
            close(file.descriptor)
            state.open = nil
            state.ready = [Data(count: file.padding)]
            return Data()
        }
        var piece = Data(count: min(pieceBytes, file.left))
        while true {
            let count = piece.withUnsafeMutableBytes { Foundation.read(file.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure("read it", file.path, errno: errno) }
            guard count > 0 else {
                throw Failure(
                    code: "pack.changed", "A file of the version became shorter while it was packed.", at: file.path,
                    remedy: "`ftctl verify` looks at the daemon's files.")
            }
            file.left -= count
            state.open = file
            return piece.prefix(count)
        }
    }
}
