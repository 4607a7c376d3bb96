import Compression

/// What a dropped file is written in.
package struct DataFormat: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// One JSON object a line.
        case jsonl
        /// One JSON list of objects.
        case json
        /// Comma-separated values (RFC 4180), or separated by semicolons, tabs or bars where the header says so.
        case csv
        /// Tab-separated values.
        case tsv

        /// The endings of names of such files.
        var endings: [String] {
            switch self {
            case .jsonl: ["jsonl", "ndjson"]
            case .json: ["json"]
            case .csv: ["csv"]
            case .tsv: ["tsv"]
            }
        }

        /// What cuts a text that begins with `head` into records.
        func splitter(_ head: [UInt8]) -> any RecordSplitter {
            switch self {
            case .jsonl: TextHead(head).isOneObjectALine ? LineSplitter() : ValueSplitter()
            case .json: ListSplitter(isWrapped: TextHead(head).wrapsList)
            case .csv: TableSplitter(separators: ",;\t|")
            case .tsv: TableSplitter(separators: "\t")
            }
        }
    }

    package var kind: Kind
    package var compression: CompressionKind?

    package var description: String { kind.rawValue + (compression.map { "." + $0.suffix } ?? "") }

    /// The endings of file names that are read where a folder is dropped; the others in it are listed and left alone.
    package static let endings = Kind.allCases.flatMap(\.endings) + [parquet]
    /// What is made into JSON lines by another program before it is read.
    package static let parquet = "parquet"

    /// Whether a file of a dropped folder is data, by its name.
    package static func isData(_ name: String) -> Bool { ending(name).map(endings.contains) ?? false }

    /// The ending that says what is inside, `.gz` and `.zst` looked through.
    static func ending(_ name: String) -> String? {
        var parts = name.lowercased().split(separator: ".").dropFirst()
        if let last = parts.last, last == "gz" || last == "zst" { parts.removeLast() }
        return parts.last.map(String.init)
    }

    /// What a text that begins with `head` is: the name decides for tables, since anything may begin one; otherwise the
    /// first bytes that are not white space do.
    static func kind(name: String, head: [UInt8]) -> Kind {
        let named = ending(name).flatMap { ending in Kind.allCases.first { $0.endings.contains(ending) } }
        if let named, named != .json, named != .jsonl { return named }
        let text = TextHead(head)
        if text.first == UInt8(ascii: "[") || text.wrapsList { return .json }
        return named == nil && text.namesColumns ? .csv : .jsonl
    }
}
