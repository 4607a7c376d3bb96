/// `[retention]` of `finetuned.toml`: how long files stay that nothing needs. Records stay for ever.
package struct RetentionSettings: Codable, Hashable, Sendable {
    /// The newest models of a pipeline that stay: so many that were promoted, and as many that were not.
    package var keep = 5
    /// Days for which a model's files stay, whatever their number.
    package var keepDays = 30
    /// Most bytes that a pipeline's models may take (0: no limit); the oldest go first.
    package var maximumBytes = 0
    /// Days for which the original files of drops stay (0: for ever).
    package var originalsDays = 0
    package init() {}
}

/// `[retention]` of a pipeline's file: what it wants otherwise.
package struct RetentionOverride: Codable, Hashable, Sendable {
    package var keep: Int?
    package var keepDays: Int?
    package var maximumBytes: Int?
    package var originalsDays: Int?
    package init() {}
}

extension RetentionSettings {
    /// What holds for a pipeline; for one whose file is gone, what holds for all.
    package func overridden(by pipeline: RetentionOverride?) -> RetentionSettings {
        var result = self
        result.keep = pipeline?.keep ?? keep
        result.keepDays = pipeline?.keepDays ?? keepDays
        result.maximumBytes = pipeline?.maximumBytes ?? maximumBytes
        result.originalsDays = pipeline?.originalsDays ?? originalsDays
        return result
    }
}
