import Nouns

/// What was found when an engine was tried.
package struct EngineCheckAnswer: Codable, Hashable, Sendable {
    package var engine: EngineName
    /// Rule by rule, in order; what cannot be tried because of an earlier rule is left out.
    package var findings: [EngineFinding]
    /// How long it took.
    package var seconds: Double
    package init(engine: EngineName, findings: [EngineFinding], seconds: Double) {
        self.engine = engine
        self.findings = findings
        self.seconds = seconds
    }
}
