/// One record of a file, as bytes: a line, an element of a list, or a row of a table.
package struct Record: Sendable {
    package enum Body: Sendable {
        /// JSON of one row.
        case json([UInt8])
        /// Cells of a table by its header.
        case cells([(name: String, value: [UInt8])])
        /// What keeps it from being read at all.
        case bad(code: String, message: String, fix: String)
    }

    /// The 1-based line on which it begins.
    package var line: Int
    package var body: Body

    package init(line: Int, body: Body) {
        self.line = line
        self.body = body
    }

    /// Bytes that it holds.
    var size: Int {
        switch body {
        case .json(let bytes): bytes.count
        case .cells(let cells): cells.reduce(0) { $0 + $1.value.count }
        case .bad: 0
        }
    }
}

/// Cuts a stream of bytes into records, in memory that does not grow with the stream.
package protocol RecordSplitter {
    /// Feeds bytes; `body` gets each whole record. Throws what `body` throws, and a Failure where the rest cannot be
    /// read at all.
    mutating func push(_ bytes: UnsafeRawBufferPointer, _ body: (Record) throws -> Void) throws
    /// Ends the stream.
    mutating func finish(_ body: (Record) throws -> Void) throws
}

/// What every splitter keeps to.
package enum RecordLimits {
    /// Longest record kept, in bytes; a longer one is a bad row, and is never in memory as a whole.
    package static let longest = 16 << 20

    static func tooLong(_ line: Int, what: String) -> Record {
        Record(
            line: line,
            body: .bad(
                code: "line_too_long", message: "The \(what) is longer than \(longest >> 20) MiB.",
                fix: "Split it into several rows."))
    }
}
