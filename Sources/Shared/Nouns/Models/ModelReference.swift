/// A model as a worker loads it: base weights by digest, plus adapters merged onto them in order.
package struct ModelReference: Codable, Hashable, Sendable {
    /// Folder of the base in the registry, or a GGUF file.
    package var basePath: String
    package var base: BaseID
    package var baseDigest: String
    /// PEFT adapter folders (or full-weights folders for full fine-tuning), applied in order.
    package var adapters: [AdapterReference]
    /// The chat template in place of the base's own (nil: the base's own).
    package var template: String?
    /// The day that a template prints which asks for today's (nil: 2025-01-01).
    package var date: String?

    package init(basePath: String, base: BaseID, baseDigest: String, adapters: [AdapterReference] = []) {
        self.basePath = basePath
        self.base = base
        self.baseDigest = baseDigest
        self.adapters = adapters
    }
}

/// One trained delta on disk.
package struct AdapterReference: Codable, Hashable, Sendable {
    /// A folder with `adapter_config.json` and `adapter_model.safetensors`, or with `model.safetensors` where
    /// everything was trained.
    package var path: String
    package var sha256: String
    /// SHA-256 of `adapter_config.json`, which says how the weights are scaled; nil where everything was trained, and
    /// in references of before it was noted.
    package var configuration: String?

    package init(path: String, sha256: String, configuration: String? = nil) {
        self.path = path
        self.sha256 = sha256
        self.configuration = configuration
    }
}
