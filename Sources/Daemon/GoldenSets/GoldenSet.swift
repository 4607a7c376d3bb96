import Foundation
import Nouns
import Platform

/// A named file of questions whose answers must never break: `etc/finetuned/pipelines/<pipeline>/golden/<name>.jsonl`.
package struct GoldenSet: Sendable {
    /// The set that models answer.
    package var name: SetName
    package var path: String
    package var rows: [GoldenRow]

    /// The rows as workers read them, one JSON object a line.
    package func canonical() throws -> Data {
        var data = Data()
        for row in rows {
            data += try ContractCoding.encode(row.row)
            data.append(10)
        }
        return data
    }

    /// A file larger than this is no golden set.
    private static let largest = 64 << 20

    /// Every golden set in a folder by name, and what is wrong with them; a folder that is not there holds none.
    ///
    /// A file with any fault is left out as a whole: a gate that is not what its author wrote must not pass.
    package static func read(folder: String) -> (sets: [GoldenSet], problems: [Failure]) {
        guard FileManager.default.fileExists(atPath: folder) else { return ([], []) }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            return (
                [],
                [
                    Failure(
                        code: "golden.unreadable", "The folder of golden sets cannot be read.", at: folder,
                        remedy: "Check its permissions.", cause: "\(error)")
                ]
            )
        }
        var sets: [GoldenSet] = []
        var problems: [Failure] = []
        for name in names where name.hasSuffix(".jsonl") && !name.hasPrefix(".") {
            let path = folder + "/" + name
            let stem = String(name.dropLast(6))
            guard stem.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_-]{0,62}/) != nil else {
                problems.append(
                    Failure(
                        code: "golden.name", "'\(stem)' cannot name a golden set.", at: path,
                        remedy: "Use letters, digits, '-' and '_'."))
                continue
            }
            let (rows, faults) = read(path: path)
            problems += faults
            if faults.isEmpty { sets.append(GoldenSet(name: .golden(stem), path: path, rows: rows)) }
        }
        return (sets, problems)
    }

    private static func read(path: String) -> ([GoldenRow], [Failure]) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size <= largest, let data = FileManager.default.contents(atPath: path)
        else {
            return (
                [],
                [
                    Failure(
                        code: "golden.unreadable",
                        "The golden set cannot be read, or is larger than \(largest >> 20) MiB.", at: path,
                        remedy: "Check its size and permissions.")
                ]
            )
        }
        var rows: [GoldenRow] = []
        var problems: [Failure] = []
        var seen: [RowID: Int] = [:]
        for (index, line) in data.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
            let place = "\(path):\(index + 1)"
            do {
                let row = try GoldenReader.row(Data(line), file: (path as NSString).lastPathComponent, line: index + 1)
                if let first = seen[row.row.id] {
                    throw Failure(
                        code: "golden.twice", "The row asks the same as line \(first).",
                        remedy: "Put both lines' assertions into one row.")
                }
                seen[row.row.id] = index + 1
                rows.append(row)
            } catch {
                var failure = error as? Failure ?? Failure(code: "golden.row", "\(error)", remedy: "Mend the line.")
                failure.place = failure.place.map { "\(place), \($0)" } ?? place
                if problems.count < 20 { problems.append(failure) }
            }
        }
        if rows.isEmpty, problems.isEmpty {
            problems.append(
                Failure(
                    code: "golden.empty", "The golden set has no rows.", at: path,
                    remedy: "Write rows into it, or remove it."))
        }
        return (rows, problems)
    }
}
