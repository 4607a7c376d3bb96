/// Asks which registered base suits a pipeline's data.
package struct RecommendRequest: Codable, Hashable, Sendable {
    /// Rows that each base scores.
    package var rows: Int
    package init(rows: Int = 48) { self.rows = rows }
}
