/// Asks a pipeline's served model (or its base) to answer prompts.
package struct GenerateRequest: Codable, Hashable, Sendable {
    package var prompts: [String]
    package var useBase: Bool
    package var maxNewTokens: Int
    package var temperature: Double
    /// What is asked instead: a version, a run, a base or a pipeline, by name.
    package var model: String?
    /// The same seed draws the same answers (nil: new ones each time).
    package var seed: Int?
    package init(
        prompts: [String], useBase: Bool = false, maxNewTokens: Int = 128, temperature: Double = 0,
        model: String? = nil, seed: Int? = nil
    ) {
        self.prompts = prompts
        self.useBase = useBase
        self.maxNewTokens = maxNewTokens
        self.temperature = temperature
        self.model = model
        self.seed = seed
    }
}
