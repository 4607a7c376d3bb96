/// How the simplest alternatives did on one gate row; without the row's text and class.
package struct YardstickAnswer: Codable, Hashable, Sendable {
    package var row: RowID
    /// Whether each named the row's class.
    package var right: [SimplestAlternative: Bool]
    package init(row: RowID, right: [SimplestAlternative: Bool]) {
        self.row = row
        self.right = right
    }
}
