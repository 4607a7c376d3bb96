import Nouns
import RowFiles

/// The rows of a drop that are asked about: at most so many, by the digest that names each, so that neither their order
/// in the file nor a guess decides.
struct RowChoice {
    /// Rows of a drop that are asked at most.
    static let mostRows = 400

    /// The rows with the smallest names, of the training and validation sides, in the order of their names.
    ///
    /// - Parameters:
    ///   - files: the drop's files of both sides.
    ///   - aside: rows that are kept out of training.
    static func rows(of files: [FileReference], without aside: Set<RowID>, most: Int = mostRows) throws -> [Row] {
        var chosen: [Row] = []
        for file in files {
            try RowFile.read(file.path) { row in
                if !aside.contains(row.id) { chosen.append(row) }
                // Never many more in memory than are wanted.
                if chosen.count >= 4 * most { trim(&chosen, to: most) }
            }
        }
        trim(&chosen, to: most)
        return chosen
    }

    private static func trim(_ rows: inout [Row], to most: Int) {
        rows.sort { $0.id.rawValue < $1.id.rawValue }
        if rows.count > most { rows.removeLast(rows.count - most) }
    }
}
