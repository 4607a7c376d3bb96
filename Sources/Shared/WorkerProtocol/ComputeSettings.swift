/// What an engine computes on and how, where a request says so.
package struct ComputeSettings: Codable, Hashable, Sendable {
    /// What the frozen weights are kept in; what is trained is always float32.
    package enum Precision: String, Codable, Hashable, Sendable, CaseIterable { case float32, bfloat16 }
    /// What the frozen weights are compressed to.
    package enum Quantisation: String, Codable, Hashable, Sendable, CaseIterable { case none, nf4 }
    /// How ranks share the work: each has the whole base, or a part of it.
    package enum Parallel: String, Codable, Hashable, Sendable, CaseIterable { case auto, replicate, shard }

    /// The engine's name in the settings; the launcher goes by it.
    package var engine: String
    package var precision: Precision
    package var quantise: Quantisation
    package var parallel: Parallel
    /// Processes that compute together, each with a device of its own where there are devices.
    package var ranks: Int
    /// `cpu`, `cuda`; nil: the engine chooses.
    package var device: String?
    /// Which attempt at this work it is, from 1; engines repeat it in their last event.
    package var attempt: Int?

    package init(
        engine: String, precision: Precision = .float32, quantise: Quantisation = .none, parallel: Parallel = .auto,
        ranks: Int = 1, device: String? = nil, attempt: Int? = nil
    ) {
        self.engine = engine
        self.precision = precision
        self.quantise = quantise
        self.parallel = parallel
        self.ranks = ranks
        self.device = device
        self.attempt = attempt
    }
}
