import Foundation
import Ledger
import Nouns

/// When what looks at every row of a dataset was last done, so that it costs a row no more the longer the dataset is.
///
/// A small dataset is looked at whenever it changes, a large one once it has grown by a twentieth, or a day later.
struct WholeLook {
    /// Rows up to which every change is looked at.
    private static let small = 2_000
    private static let growth = 0.05
    private static let longest: TimeInterval = 86_400

    /// What was looked at, where rows alone do not tell.
    var state: String?
    var rows: Int
    var at: Date

    init(rows: Int, state: String? = nil, at: Date = Date()) { (self.rows, self.state, self.at) = (rows, state, at) }

    /// What was noted under this name; nil where nothing was, or by a version that noted something else.
    init?(_ ledger: Ledger, _ pipeline: PipelineName, _ what: String) throws {
        let words = try ledger.mark(pipeline, what)?.split(separator: " ") ?? []
        guard words.count >= 2, let rows = Int(words[0]), let seconds = Double(words[1]) else { return nil }
        self.init(
            rows: rows, state: words.count > 2 ? String(words[2]) : nil, at: Date(timeIntervalSince1970: seconds))
    }

    /// Notes it under this name.
    func keep(_ ledger: Ledger, _ pipeline: PipelineName, _ what: String) throws {
        let words = ["\(rows)", "\(Int(at.timeIntervalSince1970))"] + [state].compactMap(\.self)
        try ledger.setMark(pipeline, what, words.joined(separator: " "))
    }

    /// Whether a dataset of so many rows is to be looked at again.
    func isDue(rows now: Int, at date: Date = Date()) -> Bool {
        let passed = date.timeIntervalSince(at)
        return now <= Self.small || Double(abs(now - rows)) >= Self.growth * Double(rows) || passed < 0
            || passed >= Self.longest && now != rows
    }
}
