import Foundation
import Nouns

/// The cache that the Hub's own clients write: `models--OWNER--NAME/{refs,snapshots,blobs}`.
///
/// Source: huggingface_hub, "Understand caching".
package struct HubCache: Sendable {
    /// One revision of a repository that lies here.
    package struct Snapshot: Hashable, Sendable {
        package var repository: String
        package var commit: String
        package var folder: String
    }

    package let root: String

    package init(_ root: String) { self.root = root }

    /// The snapshot of a repository that a branch, tag or commit names; nil where it does not lie here.
    package func snapshot(_ repository: String, _ revision: String?) -> Snapshot? {
        let folder = root + "/models--" + repository.replacing("/", with: "--")
        return Self.snapshot(in: folder, revision)
    }

    /// The snapshot that a path names: a repository's folder in a cache, or a snapshot in one; nil for other folders.
    package static func snapshot(at path: String) -> Snapshot? {
        let parts = path.split(separator: "/").map(String.init)
        guard let place = parts.lastIndex(where: { $0.hasPrefix("models--") }) else { return nil }
        let folder = "/" + parts[...place].joined(separator: "/")
        guard parts.count > place + 2, parts[place + 1] == "snapshots" else {
            return parts.count == place + 1 ? snapshot(in: folder, nil) : nil
        }
        return parts.count == place + 3 ? snapshot(in: folder, parts[place + 2]) : nil
    }

    /// Everything that lies here, by repository and commit.
    package func all() -> [Snapshot] {
        Self.names(root).filter { $0.hasPrefix("models--") }.flatMap { name in
            Self.names("\(root)/\(name)/snapshots").compactMap { Self.snapshot(in: "\(root)/\(name)", $0) }
        }
    }

    /// The files of a snapshot as the Hub would list them: links into `blobs` have the file's etag as their name.
    package static func listing(_ snapshot: Snapshot) -> HubListing {
        let paths = FileManager.default.enumerator(atPath: snapshot.folder)?.compactMap { $0 as? String } ?? []
        let files = paths.sorted().compactMap { path -> HubListing.File? in
            let place = snapshot.folder + "/" + path
            var status = stat()
            guard stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place)
            let etag = target.map { ($0 as NSString).lastPathComponent }
            let isDigest = etag?.wholeMatch(of: /[0-9a-f]{64}/) != nil
            return HubListing.File(
                path: path, bytes: Int(status.st_size), sha256: isDigest ? etag : nil, blob: isDigest ? nil : etag)
        }
        return HubListing(repository: snapshot.repository, commit: snapshot.commit, files: files)
    }

    /// Where a file of a commit lies here with the content that the Hub lists; nil where it does not.
    package func path(_ file: HubListing.File, of listing: HubListing) -> String? {
        guard let snapshot = snapshot(listing.repository, listing.commit) else { return nil }
        let path = snapshot.folder + "/" + file.path
        var status = stat()
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path),
            (target as NSString).lastPathComponent == file.identity, stat(path, &status) == 0,
            Int(status.st_size) == file.bytes, access(path, R_OK) == 0
        else { return nil }
        return path
    }

    private static func snapshot(in folder: String, _ revision: String?) -> Snapshot? {
        let name = (folder as NSString).lastPathComponent.dropFirst("models--".count)
        let repository = String(name).replacing("--", with: "/", maxReplacements: 1)
        let reference = try? String(contentsOfFile: "\(folder)/refs/\(revision ?? "main")", encoding: .utf8)
        let there = names(folder + "/snapshots")
        let commit =
            reference?.trimmingCharacters(in: .whitespacesAndNewlines) ?? revision ?? (there.count == 1 ? there[0] : "")
        guard there.contains(commit) else { return nil }
        return Snapshot(repository: repository, commit: commit, folder: "\(folder)/snapshots/\(commit)")
    }

    private static func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
}
