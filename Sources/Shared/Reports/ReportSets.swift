import Nouns

/// The sets that a verdict has figures of, in the order in which reports show them.
enum ReportSets {
    /// The gate first, since it decides; the others by name.
    static func ordered(_ verdict: Verdict) -> [SetName] {
        Set(verdict.figures.values.flatMap(\.keys)).sorted()
    }
}
