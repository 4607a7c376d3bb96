import Foundation
import Nouns
import Platform

/// Writes what a task hands over.
enum ResultFile {
    /// Writes `data` to `path` and returns its reference.
    @discardableResult
    static func write(_ data: Data, to path: String, rows: Int? = nil) throws -> FileReference {
        try AtomicFile.write(data, to: path)
        return FileReference(path: path, sha256: Digest.sha256(data), bytes: data.count, rows: rows)
    }

    /// Writes values as JSON lines.
    static func writeLines(_ values: [some Encodable], to path: String) throws -> FileReference {
        var data = Data()
        for value in values {
            data += try ContractCoding.encode(value)
            data.append(UInt8(ascii: "\n"))
        }
        return try write(data, to: path, rows: values.count)
    }
}
