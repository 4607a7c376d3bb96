import Foundation
import Nouns

/// What the Hub says of one revision of a repository: `/api/models/OWNER/NAME/revision/REVISION?blobs=true`, or the
/// same of `/api/datasets`.
package struct HubListing: Decodable, Sendable {
    /// One file.
    package struct File: Decodable, Hashable, Sendable {
        package var path: String
        package var bytes: Int
        /// SHA-256 of a large file; nil for others.
        package var sha256: String?
        /// Git's name for the content.
        package var blob: String?

        private enum CodingKeys: String, CodingKey { case rfilename, size, blobId, lfs }
        private struct Large: Decodable {
            var sha256: String?
            var size: Int?
        }

        package init(path: String, bytes: Int, sha256: String? = nil, blob: String? = nil) {
            self.path = path
            self.bytes = bytes
            self.sha256 = sha256
            self.blob = blob
        }

        package init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            path = try values.decode(String.self, forKey: .rfilename)
            let large = try values.decodeIfPresent(Large.self, forKey: .lfs)
            bytes = try values.decodeIfPresent(Int.self, forKey: .size) ?? large?.size ?? -1
            let digest = large?.sha256?.lowercased()
            sha256 = digest.flatMap { $0.wholeMatch(of: /[0-9a-f]{64}/) == nil ? nil : $0 }
            blob = try values.decodeIfPresent(String.self, forKey: .blobId)
        }

        package var name: String { path.split(separator: "/").last.map(String.init) ?? path }

        /// What a linked etag says of it: the digest of a large file, git's name of another.
        package var identity: String? { sha256 ?? blob }

        package var source: BaseSource.File { .init(path: path, bytes: bytes, sha256: sha256, blob: blob) }
    }

    /// The repository's present name, which another one may have led to.
    package var repository: String
    package var commit: String
    package var licence: String?
    /// Whether access has to be asked for.
    package var isGated: Bool
    package var files: [File]
    /// Whether it is a repository of data.
    package var isDataset = false
    /// What the card of a dataset says of its configurations, in whatever form its author gave it.
    package var configurations: JSONValue?

    private enum CodingKeys: String, CodingKey { case id, sha, cardData, gated, siblings }

    private struct Card: Decodable {
        var license: OneOrMany?
        var configs: JSONValue?
    }

    /// A text, or a list of which the first counts.
    private struct OneOrMany: Decodable {
        var text: String?
        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            text = (try? value.decode(String.self)) ?? (try? value.decode([String].self))?.first
        }
    }

    /// `false`, or how access is given.
    private struct Gate: Decodable {
        var isClosed: Bool
        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            isClosed = (try? value.decode(Bool.self)) ?? ((try? value.decode(String.self)) != nil)
        }
    }

    package init(repository: String, commit: String, licence: String? = nil, isGated: Bool = false, files: [File]) {
        self.repository = repository
        self.commit = commit
        self.licence = licence
        self.isGated = isGated
        self.files = files
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        repository = try values.decode(String.self, forKey: .id)
        commit = try values.decode(String.self, forKey: .sha)
        // A card is what its author wrote; one of another form says nothing.
        let card = try? values.decodeIfPresent(Card.self, forKey: .cardData)
        licence = card?.license?.text
        configurations = card?.configs
        isGated = try values.decodeIfPresent(Gate.self, forKey: .gated)?.isClosed ?? false
        files = try values.decodeIfPresent([File].self, forKey: .siblings) ?? []
    }
}
