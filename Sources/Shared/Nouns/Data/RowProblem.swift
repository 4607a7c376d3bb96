/// One thing wrong with one row of a dropped file.
package struct RowProblem: Codable, Hashable, Sendable {
    package enum Severity: String, Codable, Hashable, Sendable { case error, warning }

    /// The file, where the drop was a folder.
    package var file: String?
    /// 1-based line on which the row begins; 0 for the file as a whole.
    package var line: Int
    /// JSON pointer of the value at fault, such as `/messages/2/content`; empty for the whole row.
    package var pointer: String
    /// Stable code, such as `missing_content` or `invalid_utf8`.
    package var code: String
    package var severity: Severity
    package var message: String
    /// What to change, as an imperative sentence.
    package var fix: String?

    package init(
        file: String? = nil, line: Int, pointer: String = "", code: String, severity: Severity = .error,
        message: String, fix: String? = nil
    ) {
        self.file = file
        self.line = line
        self.pointer = pointer
        self.code = code
        self.severity = severity
        self.message = message
        self.fix = fix
    }
}

/// What Intake found in one dropped file; stored beside it as `report.json` for ever.
package struct IntakeReport: Codable, Hashable, Sendable {
    package var drop: DropID
    package var pipeline: PipelineName
    package var name: String
    package var sha256: String
    package var bytes: Int
    /// Where the bytes come from, where that was said as the file was dropped.
    package var source: String?
    package var rowsRead: Int
    package var rowsAccepted: Int
    package var rowsRejected: Int
    /// Rows already in the dataset (or earlier in this file), by content.
    package var rowsDuplicate: Int
    /// What is wrong, in file order: the first thousand, so that a report of any file can be read.
    package var problems: [RowProblem]
    /// How many there are of each code, all counted.
    package var problemCounts: [String: Int]?
    /// What the base reads of the first rows, where that was asked for.
    package var shown: [ShownRow]?
    /// The file beside this report that lists every problem, one JSON object a line, where there are more than are
    /// listed here.
    package var allProblems: String?
    /// What the file was read as, such as `jsonl` or `csv.gz`; for a folder, each with its number of files.
    package var formats: [String: Int]?
    /// Rows of each shape.
    package var shapes: [String: Int]?
    /// Why the whole file was quarantined, where it was.
    package var quarantined: Failure?

    package init(
        drop: DropID, pipeline: PipelineName, name: String, sha256: String, bytes: Int, rowsRead: Int = 0,
        rowsAccepted: Int = 0, rowsRejected: Int = 0, rowsDuplicate: Int = 0, problems: [RowProblem] = [],
        problemCounts: [String: Int]? = nil, quarantined: Failure? = nil
    ) {
        self.drop = drop
        self.pipeline = pipeline
        self.name = name
        self.sha256 = sha256
        self.bytes = bytes
        self.rowsRead = rowsRead
        self.rowsAccepted = rowsAccepted
        self.rowsRejected = rowsRejected
        self.rowsDuplicate = rowsDuplicate
        self.problems = problems
        self.problemCounts = problemCounts
        self.quarantined = quarantined
    }
}
