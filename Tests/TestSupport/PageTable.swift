import Foundation

/// A table in a page of documentation that is made from what the code declares; rewritten on request.
package struct PageTable: Sendable {
    private let page: String
    private let heading: String

    /// - Parameters:
    ///   - page: below the repository, such as `docs/gates.md`.
    ///   - heading: the whole line of the heading; the table is the first one below it.
    package init(_ page: String, under heading: String) {
        self.page = TestSupport.repository + "/" + page
        self.heading = heading
    }

    /// Compares the table with `rows`, the first of which is its head; nil where they agree, else what to look at.
    package func difference(_ rows: [[String]]) throws -> String? {
        let lines = try String(contentsOfFile: page, encoding: .utf8).components(separatedBy: "\n")
        guard let top = lines.firstIndex(of: heading),
            let start = lines[top...].firstIndex(where: { $0.hasPrefix("|") })
        else { return "\(page) has no table under '\(heading)'." }
        let end = lines[start...].firstIndex { !$0.hasPrefix("|") } ?? lines.endIndex
        var table = rows.map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
        table.insert("|" + String(repeating: "---|", count: rows.first?.count ?? 1), at: min(1, table.count))
        if Golden.isRewriting {
            let text = (lines[..<start] + table + lines[end...]).joined(separator: "\n")
            try text.write(toFile: page, atomically: true, encoding: .utf8)
            return nil
        }
        guard Array(lines[start..<end]) != table else { return nil }
        return "The table under '\(heading)' in \(page) is not what the code declares:\n"
            + table.joined(separator: "\n") + "\nFINETUNED_REGENERATE=1 writes it anew."
    }
}
