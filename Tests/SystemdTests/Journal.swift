import Foundation
import TestSupport

/// Records of a journal, as `journalctl -o json` gives them.
struct Journal {
    struct Unreadable: Error { var output: String }

    /// Fields of each record, oldest first. A field that holds bytes rather than text is left out.
    let records: [[String: String]]

    /// Reads what `journalctl -o json` printed; lines that are no JSON object (a notice of an empty journal) are left
    /// out.
    init(_ output: String) {
        records = output.split(separator: "\n").compactMap { line in
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
                return nil
            }
            return object.compactMapValues { $0 as? String }
        }
    }

    func events() -> [String] { records.compactMap { $0["EVENT"] } }
}
