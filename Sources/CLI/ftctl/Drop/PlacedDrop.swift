import Nouns
import Platform
import Reports

/// A file that was put into a drop folder, and what became of it where that was waited for.
struct PlacedDrop: Codable, Sendable {
    /// What was given.
    var file: String
    /// Where it was put.
    var path: String
    var drop: Drop?
    var report: IntakeReport?

    static func document(_ placed: [PlacedDrop]) -> Document {
        Document(
            placed.flatMap { placed -> [Block] in
                guard let drop = placed.drop else {
                    return [.paragraph("Dropped \(RawPath.shown(placed.file.utf8)) as \(placed.path).")]
                }
                // The report says more than the note.
                let note = placed.report == nil ? drop.note.map { ": \($0)" } ?? "." : "."
                return [.paragraph("\(drop.id) is \(drop.state.rawValue)\(note)")]
                    + (placed.report.map(IntakeDocument.judged) ?? [])
            })
    }

    /// 1 where one of them is quarantined.
    static func status(_ placed: [PlacedDrop]) -> Int32 { placed.contains { $0.drop?.state == .quarantined } ? 1 : 0 }
}
