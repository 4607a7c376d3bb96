import Compression
import Contracts
import Foundation
import Platform

/// Reads files of canonical rows, checking each against the digest that the request names.
enum RowReader {
    /// All rows of `files` in file order. Throws ``WorkerFault`` naming the file and line at fault.
    static func read(_ files: [FileReference], limit: Int? = nil) throws -> [Row] {
        var rows: [Row] = []
        for file in files {
            if let limit, rows.count >= limit { break }
            let data = try RowFile.contents(file)
            var number = 0
            for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
                number += 1
                if line.isEmpty { continue }
                if let limit, rows.count >= limit { break }
                do {
                    rows.append(try ContractCoding.decode(Row.self, from: Data(line)))
                } catch {
                    throw WorkerFault(
                        .badData,
                        Failure(
                            code: "rows.invalid", "This line is no canonical row.", at: "\(file.path):\(number)",
                            remedy: "Build the snapshot again.", cause: "\(error)"))
                }
            }
        }
        return rows
    }
}

/// The bytes of one row file.
enum RowFile {
    /// Reads, checks the digest (unless the reference has none) and decompresses.
    static func contents(_ file: FileReference) throws -> Data {
        func fault(_ message: String, _ remedy: String, _ cause: String? = nil) -> WorkerFault {
            WorkerFault(.badData, Failure(code: "rows.unreadable", message, at: file.path, remedy: remedy, cause: cause))
        }
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: file.path), options: .mappedIfSafe)
        } catch {
            throw fault("The rows cannot be read.", "Check that the dataset's files are in place.", "\(error)")
        }
        if !file.sha256.isEmpty {
            let digest = Digest.sha256(data)
            guard digest == file.sha256 else {
                throw fault(
                    "The file's SHA-256 is \(digest), but the request names \(file.sha256).",
                    "The file was changed after the snapshot was made: build the snapshot again.")
            }
        }
        // A zstd frame begins with these four bytes; no JSON line does.
        guard data.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) else { return data }
        do {
            let reader = try ZstdReader()
            var plain = Data()
            try data.withUnsafeBytes { try reader.push($0) { plain.append(contentsOf: $0) } }
            guard reader.isComplete else { throw CompressionFailure("the last frame is cut off") }
            return plain
        } catch {
            throw fault("The rows cannot be decompressed.", "Build the snapshot again.", "\(error)")
        }
    }
}
