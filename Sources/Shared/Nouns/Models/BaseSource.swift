/// Where the files of a base were fetched from, and what they were there: enough to fetch the same again.
package struct BaseSource: Codable, Hashable, Sendable {
    /// One file as its source names and describes it.
    package struct File: Codable, Hashable, Sendable {
        /// The path there, which may have folders.
        package var path: String
        package var bytes: Int
        /// SHA-256 as the source states it; nil where it states none.
        package var sha256: String?
        /// The identity that the source gives it otherwise, such as git's blob.
        package var blob: String?

        package init(path: String, bytes: Int, sha256: String? = nil, blob: String? = nil) {
            self.path = path
            self.bytes = bytes
            self.sha256 = sha256
            self.blob = blob
        }

        /// Its name in the registry, which knows no folders.
        package var name: String { path.split(separator: "/").last.map(String.init) ?? path }

        /// What tells its content from another: the digest, else the blob.
        package var identity: String? { sha256 ?? blob }
    }

    /// What it was asked for by, such as `hf:OWNER/NAME@main:Q8_0`.
    package var place: String
    /// `OWNER/NAME` on the Hub; nil where it came from elsewhere.
    package var repository: String?
    /// The branch, tag or commit that was asked for; nil for the usual one.
    package var revision: String?
    /// The commit that every file is of.
    package var commit: String?
    /// The address of a mirror that was asked instead of the Hub.
    package var endpoint: String?
    package var files: [File]

    package init(
        place: String, repository: String? = nil, revision: String? = nil, commit: String? = nil,
        endpoint: String? = nil, files: [File] = []
    ) {
        self.place = place
        self.repository = repository
        self.revision = revision
        self.commit = commit
        self.endpoint = endpoint
        self.files = files
    }

    /// Repository and commit as people read them; the place where it is no repository.
    package var summary: String {
        guard let repository else { return place }
        return commit.map { "\(repository) @ \($0)" } ?? repository
    }
}
