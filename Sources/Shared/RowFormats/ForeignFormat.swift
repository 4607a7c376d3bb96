import Nouns

/// Recognises files that people drop by mistake, so the message can name their format.
enum ForeignFormat {
    private static let magics: [(bytes: [UInt8], name: String, remedy: String)] = [
        (
            Array("PAR1".utf8), "Parquet",
            """
            Drop it: the daemon has it read by DuckDB or pyarrow. Where it is compressed once more, or read elsewhere, \
            write it as JSON lines: duckdb -c "COPY (FROM 'OLD') TO 'NEW.json'".
            """
        ),
        (Array("PARE".utf8), "encrypted Parquet", "Drop it decrypted."),
        (Array("PK\u{3}\u{4}".utf8), "a ZIP archive (or an Excel sheet)", "Unpack it, or save the sheet as CSV."),
        (Array("ARROW1".utf8), "Arrow", "Write it as JSON lines."),
        (Array("%PDF".utf8), "PDF", "Drop rows of text instead."),
        (Array("BZh".utf8), "compressed with bzip2", "Use gzip or zstd, or drop it uncompressed."),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "compressed with xz", "Use gzip or zstd, or drop it uncompressed."),
        ([0x04, 0x22, 0x4D, 0x18], "compressed with lz4", "Use gzip or zstd, or drop it uncompressed."),
        (Array("7z".utf8) + [0xBC, 0xAF], "a 7-Zip archive", "Unpack it."),
        ([0x1F, 0x8B], "compressed twice", "Compress it once."),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed twice", "Compress it once."),
        (Array("SQLite format 3".utf8) + [0], "an SQLite database", "Export its rows as JSON lines or CSV."),
        ([0x7F] + Array("ELF".utf8), "a program", "Drop rows of text instead."),
        (Array("GGUF".utf8), "a model", "Register models with `ftctl base add`."),
    ]

    /// Why text that begins with these bytes is not read; nil where nothing speaks against it.
    static func failure(_ head: [UInt8], name: String) -> Failure? {
        if let encoding = wideEncoding(head) {
            return Failure(
                code: "intake.encoding", "The file is \(encoding) text, and only UTF-8 is read.", at: name,
                remedy: "Convert it: iconv -f \(encoding) -t UTF-8 OLD > NEW.")
        }
        if let magic = magics.first(where: { head.starts(with: $0.bytes) }) {
            return Failure(
                code: "intake.format", "The file is \(magic.name), which is not read.", at: name, remedy: magic.remedy)
        }
        if head.count > 262, head[257...].starts(with: Array("ustar".utf8)) {
            return Failure(
                code: "intake.format", "The file is a tar archive, which is not read.", at: name,
                remedy: "Unpack it and drop the folder.")
        }
        return nil
    }

    /// UTF-16 or UTF-32, by a byte order mark or by the zero bytes that such text is full of.
    private static func wideEncoding(_ head: [UInt8]) -> String? {
        if head.starts(with: [0xFF, 0xFE, 0, 0]) || head.starts(with: [0, 0, 0xFE, 0xFF]) { return "UTF-32" }
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
        let sample = head.prefix(64)
        guard sample.count >= 8 else { return nil }
        let even = sample.indices.filter { $0 % 2 == 0 && sample[$0] == 0 }.count * 2
        let odd = sample.indices.filter { $0 % 2 == 1 && sample[$0] == 0 }.count * 2
        if odd * 10 >= sample.count * 9, even == 0 { return "UTF-16LE" }
        if even * 10 >= sample.count * 9, odd == 0 { return "UTF-16BE" }
        return nil
    }
}
