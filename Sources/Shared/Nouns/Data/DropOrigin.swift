/// What whoever drops a file through the API says of it, beside its bytes.
package struct DropOrigin: Codable, Hashable, Sendable {
    /// The file's names of columns or keys, by ours, for this drop alone; the pipeline's hold for the others.
    package var columns: [String: String]?
    /// The only columns or keys that are read.
    package var only: [String]?
    /// How many rows are read at most.
    package var rows: Int?
    /// Where the bytes come from, such as `hf:datasets/OWNER/NAME@COMMIT/FILE`.
    package var source: String?
    /// How far an import from a database has come with this drop.
    package var imported: ImportPosition?

    package init(
        columns: [String: String]? = nil, only: [String]? = nil, rows: Int? = nil, source: String? = nil,
        imported: ImportPosition? = nil
    ) {
        self.columns = columns
        self.only = only
        self.rows = rows
        self.source = source
        self.imported = imported
    }
}

/// How far an import from a database has come.
package struct ImportPosition: Codable, Hashable, Sendable {
    /// Which import: the database and the digest of what it is asked.
    package var name: String
    /// The key of the last row, a number or a text.
    package var last: JSONValue

    package init(name: String, last: JSONValue) {
        self.name = name
        self.last = last
    }
}
