import Nouns

/// Asks whether a base could be registered, by what stands in front of its weights.
package struct LookRequest: Codable, Hashable, Sendable {
    /// An upload with the files as far as they are needed.
    package var upload: String
    /// The whole size of each file that is not there whole, by name.
    package var sizes: [String: Int]
    /// What a GGUF calls its architecture; then nothing else is looked at.
    package var architecture: String?
    package init(upload: String, sizes: [String: Int] = [:], architecture: String? = nil) {
        self.upload = upload
        self.sizes = sizes
        self.architecture = architecture
    }
}

/// What a look at a base found; where the engine cannot run it, a failure says why instead.
package struct LookAnswer: Codable, Hashable, Sendable {
    /// Its card without digests; nil where the upload has no weights yet.
    package var card: BaseCard?
    package init(card: BaseCard?) { self.card = card }
}
