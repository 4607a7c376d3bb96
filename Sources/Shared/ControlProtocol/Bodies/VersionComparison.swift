/// Two versions side by side.
package struct VersionComparison: Codable, Hashable, Sendable {
    /// One value that differs.
    package struct Difference: Codable, Hashable, Sendable {
        package var what: String
        package var a: String
        package var b: String
        package init(what: String, a: String, b: String) {
            self.what = what
            self.a = a
            self.b = b
        }
    }
    package var a: VersionSummary
    package var b: VersionSummary
    /// Lineage and recipe, where they differ.
    package var differences: [Difference]
    /// Whether both were judged on the same gate rows, so that their figures can be compared.
    package var sameGateRows: Bool
    package init(a: VersionSummary, b: VersionSummary, differences: [Difference], sameGateRows: Bool) {
        self.a = a
        self.b = b
        self.differences = differences
        self.sameGateRows = sameGateRows
    }
}
