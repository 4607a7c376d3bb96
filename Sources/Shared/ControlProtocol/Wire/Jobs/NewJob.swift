import Nouns

/// What makes a fine-tuning job.
package struct NewJob: WireBody {
    private static let seeds = 0...2_147_483_647
    private static let longestSuffix = 64
    private static let metadataBounds = (keys: 16, key: 64, text: 512)

    package var model: String
    package var trainingFile: String
    package var validationFile: String?
    package var suffix: String?
    package var settings: JobSettings
    package var metadata: [String: String]?

    package init(_ body: WireObject) throws {
        model = try body.requiredText("model")
        trainingFile = try body.requiredText("training_file")
        validationFile = try body.text("validation_file")
        suffix = try body.text("suffix")
        if let suffix, suffix.unicodeScalars.count > Self.longestSuffix || suffix.isEmpty {
            throw Self.fault(
                "suffix", "The suffix has \(suffix.unicodeScalars.count) characters.",
                "Give 1 to \(Self.longestSuffix) characters.")
        }
        settings = try Self.settings(body)
        settings.seed = try body.whole("seed", Self.seeds).map(UInt64.init)
        metadata = try Self.metadata(body)
        if let integrations = try body.list("integrations"), !integrations.isEmpty {
            throw Failure(
                code: "request.unsupported_value", "Integrations are not served here.",
                at: body.place("integrations"),
                remedy: "Leave the field out; webhooks are named in the pipeline's file.")
        }
    }

    /// The method and its hyperparameters; those beside the method, which is their older place, count where the method
    /// has none.
    private static func settings(_ body: WireObject) throws -> JobSettings {
        let older = try body.object("hyperparameters")
        guard let method = try body.object("method") else {
            return try hyperparameters(older, isDPO: false)
        }
        let type = try method.requiredText("type")
        guard let kind = JobSettings.Method(rawValue: type) else {
            throw Failure(
                code: "request.unsupported_value", "The method '\(type)' is not served here.",
                at: method.place("type"), remedy: "Give 'supervised' or 'dpo'.")
        }
        let own = try method.object(kind.rawValue)?.object("hyperparameters")
        var settings = try hyperparameters(own ?? older, isDPO: kind == .dpo)
        settings.method = kind
        return settings
    }

    private static func hyperparameters(_ given: WireObject?, isDPO: Bool) throws -> JobSettings {
        var settings = JobSettings()
        guard let given else { return settings }
        settings.epochs = try automatic(given, "n_epochs") { try given.whole("n_epochs", 1...50) }
        settings.batchRows = try automatic(given, "batch_size") { try given.whole("batch_size", 1...256) }
        settings.rateMultiplier = try automatic(given, "learning_rate_multiplier") {
            try given.number("learning_rate_multiplier", 1e-6...1e6)
        }
        settings.beta = try automatic(given, "beta") { try given.number("beta", 1e-6...2) }
        if settings.beta != nil, !isDPO {
            throw Failure(
                code: "request.unsupported_parameter", "The field '\(given.place("beta"))' is of the method 'dpo'.",
                at: given.place("beta"), remedy: "Leave it out, or give method.type 'dpo'.")
        }
        return settings
    }

    /// A value; nil where it is left out or left to us.
    private static func automatic<Value>(_ given: WireObject, _ name: String, _ read: () throws -> Value?) throws
        -> Value?
    {
        guard case .string(let text) = given[name] else { return try read() }
        guard text == "auto" else {
            throw WireFault.type(given.place(name), .string(text), wanted: "a number or 'auto'")
        }
        return nil
    }

    private static func metadata(_ body: WireObject) throws -> [String: String]? {
        guard let given = try body.object("metadata") else { return nil }
        guard given.members.count <= metadataBounds.keys else {
            throw fault(
                given.path, "The field 'metadata' has \(given.members.count) keys.",
                "Give at most \(metadataBounds.keys).")
        }
        var metadata: [String: String] = [:]
        for (key, value) in given.members {
            guard let text = value.stringValue else {
                throw WireFault.type(given.place(key), value, wanted: "a text")
            }
            guard key.unicodeScalars.count <= metadataBounds.key else {
                throw fault(
                    given.path, "A key of 'metadata' has \(key.unicodeScalars.count) characters.",
                    "Give at most \(metadataBounds.key).")
            }
            guard text.unicodeScalars.count <= metadataBounds.text else {
                throw fault(
                    given.place(key), "The text has \(text.unicodeScalars.count) characters.",
                    "Give at most \(metadataBounds.text).")
            }
            metadata[key] = text
        }
        return metadata
    }

    private static func fault(_ place: String, _ message: String, _ remedy: String) -> Failure {
        Failure(code: "request.value", message, at: place, remedy: remedy)
    }
}
