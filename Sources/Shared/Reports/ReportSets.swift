import Nouns

/// The sets that a verdict has figures of, in the order in which reports show them.
enum ReportSets {
    /// The gate first, since it decides; the others by name.
    static func ordered(_ verdict: Verdict) -> [String] {
        Set(verdict.figures.values.flatMap(\.keys)).sorted { ($0 == "gate" ? 0 : 1, $0) < ($1 == "gate" ? 0 : 1, $1) }
    }
}
