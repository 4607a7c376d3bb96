import Nouns

/// Registers an uploaded base model.
package struct AddBaseRequest: Codable, Hashable, Sendable {
    package var upload: String
    package var id: BaseID?
    package var origin: String?
    package var licence: String?
    /// Where the files were fetched from; their digests are checked.
    package var source: BaseSource?
    package init(
        upload: String, id: BaseID? = nil, origin: String? = nil, licence: String? = nil, source: BaseSource? = nil
    ) {
        self.upload = upload
        self.id = id
        self.origin = origin
        self.licence = licence
        self.source = source
    }
}
