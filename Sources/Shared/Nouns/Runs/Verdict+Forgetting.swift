extension Verdict {
    /// Takes names of classes out of a verdict: its confusion matrix, advice and gates lose what names one; figures and
    /// outcomes stay.
    package mutating func forget(classes: Set<String>) {
        guard !classes.isEmpty else { return }
        func names(_ text: String) -> Bool { classes.contains { text.contains($0) } }
        confusion = confusion?.filter { !classes.contains($0.key) }.mapValues { row in
            row.filter { !classes.contains($0.key) }
        }
        advice.removeAll { names($0.reason) }
        gates.removeAll { names($0.rule) || names($0.explanation) || $0.slice.map(names) == true }
    }
}
