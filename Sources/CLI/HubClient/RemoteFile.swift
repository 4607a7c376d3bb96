/// A file that an address gives, and what is known of it already.
package struct RemoteFile: Hashable, Sendable {
    package var address: String
    /// Nil where nobody has said yet.
    package var bytes: Int?
    /// The linked etag that it must have; nil where none is known.
    package var identity: String?
    /// The commit that it must be of; nil for what is no file of the Hub.
    package var commit: String?

    package init(address: String, bytes: Int? = nil, identity: String? = nil, commit: String? = nil) {
        self.address = address
        self.bytes = bytes
        self.identity = identity
        self.commit = commit
    }
}
