import Foundation
import ModelLoading
import Nouns
import Platform
import WorkerProtocol

/// Records of rows that the same model was scored on before. Files that cannot be read are told of and not used: their
/// rows are scored again.
struct KnownRecords {
    private let name: SetName
    private var records: [RowID: ExampleRecord] = [:]

    init(_ set: EvaluationSet, _ observer: WorkObserver) {
        name = set.name
        for file in set.known ?? [] {
            do {
                for record in try Self.read(file, observer) { records[record.row] = record }
            } catch { observer.warn(error, file.path) }
        }
    }

    private static func read(_ file: FileReference, _ observer: WorkObserver) throws -> [ExampleRecord] {
        let data = try WholeFile.read(file.path)
        let digest = Digest.sha256(data)
        guard digest == file.sha256 else {
            throw Failure(
                code: "records.changed", "The SHA-256 is \(digest), but the request names \(file.sha256).",
                at: file.path,
                remedy: "Nothing is to be done: the rows are scored again.")
        }
        return try data.split(separator: 10).map { try ContractCoding.decode(ExampleRecord.self, from: $0) }
    }

    /// What is known of a row, as a record of this set; nil where it is to be scored.
    func record(of row: Row) -> ExampleRecord? {
        // A row's name says what is asked and answered, and not which tools stand beside it.
        guard row.tools == nil, var record = records[row.id] else { return nil }
        record.set = name
        (record.drop, record.label, record.fields) = (row.drop, row.label, row.fields)
        record.scores = nil
        return record
    }
}
