/// Asks a pipeline's served model (or its base) to answer prompts.
package struct GenerateRequest: Codable, Hashable, Sendable {
    package var prompts: [String]
    package var useBase: Bool
    package var maxNewTokens: Int
    package var temperature: Double
    package init(prompts: [String], useBase: Bool = false, maxNewTokens: Int = 128, temperature: Double = 0) {
        self.prompts = prompts
        self.useBase = useBase
        self.maxNewTokens = maxNewTokens
        self.temperature = temperature
    }
}
