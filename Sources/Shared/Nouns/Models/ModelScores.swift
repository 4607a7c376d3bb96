/// How one model did on every set that a run is judged by, and what the worker found when it loaded the model.
package struct ModelScores: Codable, Hashable, Sendable {
    /// The model's identity: the digest of its base and adapters.
    package var model: String
    /// By set.
    package var sets: [SetName: EvaluationResult]
    package init(model: String, sets: [SetName: EvaluationResult] = [:]) {
        self.model = model
        self.sets = sets
    }
}

/// What a worker found in the bytes of a model before it scored it.
package struct ModelInspection: Codable, Hashable, Sendable {
    /// SHA-256 over the sorted digests of the base's files.
    package var baseDigest: String
    package var tokenizerDigest: String
    /// Nil where the model has no chat template.
    package var templateDigest: String?
    /// Numbers of the base and of its adapters that are no finite numbers; `firstNonFinite` names a place of one.
    package var nonFinite: Int
    package var firstNonFinite: String?
    package var parameters: Int
    package var adapterParameters: Int
    /// Root mean square of the adapters' product s·B·A over all its places (nil without an adapter); 0 changes nothing.
    package var adapterChange: Double?

    package init(
        baseDigest: String, tokenizerDigest: String, templateDigest: String? = nil, nonFinite: Int,
        firstNonFinite: String? = nil, parameters: Int,
        adapterParameters: Int = 0, adapterChange: Double? = nil
    ) {
        self.baseDigest = baseDigest
        self.tokenizerDigest = tokenizerDigest
        self.templateDigest = templateDigest
        self.nonFinite = nonFinite
        self.firstNonFinite = firstNonFinite
        self.parameters = parameters
        self.adapterParameters = adapterParameters
        self.adapterChange = adapterChange
    }
}

/// A model written in a delivery's format before it is judged, so that what is judged is what will be served.
package struct Artefact: Codable, Hashable, Sendable {
    package var format: ExportFormat
    /// The format with its number type, where ``format`` leaves that to the base (nil: as ``format`` says).
    package var written: ExportFormat?
    /// The folder with the files, below the run's.
    package var path: String
    package var files: [FileReference]
    /// What the worker measured when it loaded the files back.
    package var figures: [String: Double]
    /// Why there are no files.
    package var failure: Failure?

    package init(
        format: ExportFormat, written: ExportFormat? = nil, path: String, files: [FileReference] = [],
        figures: [String: Double] = [:], failure: Failure? = nil
    ) {
        self.format = format
        self.written = written
        self.path = path
        self.files = files
        self.figures = figures
        self.failure = failure
    }

    /// The part that it has when the run is judged.
    package var role: ModelRole { .artefact(format) }
}
