import Nouns

/// Registers an uploaded base model.
package struct AddBaseRequest: Codable, Hashable, Sendable {
    package var upload: String
    package var id: BaseID?
    package var origin: String?
    package var licence: String?
    package init(upload: String, id: BaseID? = nil, origin: String? = nil, licence: String? = nil) {
        self.upload = upload
        self.id = id
        self.origin = origin
        self.licence = licence
    }
}
