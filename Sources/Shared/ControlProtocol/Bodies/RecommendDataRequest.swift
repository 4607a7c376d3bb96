/// Asks which registered base suits the rows of an uploaded file.
package struct RecommendDataRequest: Codable, Hashable, Sendable {
    package var upload: String
    package var file: String
    /// Rows that each base scores.
    package var rows: Int
    package init(upload: String, file: String, rows: Int = 48) {
        self.upload = upload
        self.file = file
        self.rows = rows
    }
}
