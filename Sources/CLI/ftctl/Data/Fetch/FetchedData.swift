import Nouns
import Platform
import Reports

/// What came of a dataset of the Hub.
struct FetchedData: Codable, Sendable {
    /// One file of the split.
    struct File: Codable, Sendable {
        /// Its path in the repository.
        var path: String
        var bytes: Int
        /// Whether it came before, so that nothing was fetched.
        var isKnown: Bool
        var drop: Drop
    }

    /// `OWNER/NAME` as it is called now.
    var repository: String
    var commit: String
    /// The configuration and the split; nil where one file was named.
    var config: String?
    var split: String?
    var licence: String?
    /// Those that were wanted, in the order in which they are read.
    var files: [File] = []
    /// How many files of the split were not needed for the rows that were asked for.
    var left = 0

    var document: Document {
        let part = [config, split].compactMap { $0 }.map { RawPath.shown($0.utf8) }.joined(separator: ", ")
        let licence = licence.map { ", licence \(RawPath.shown($0.utf8))" } ?? ""
        var blocks: [Block] = [
            .paragraph("\(repository) @ \(commit)\(part.isEmpty ? "" : " (\(part))")\(licence)")
        ]
        blocks += files.map { file in
            let path = RawPath.shown(file.path.utf8)
            if file.isKnown { return .paragraph("\(path) came before, as \(file.drop.id).") }
            let note = file.drop.note.map { ": \($0)" } ?? ""
            let state = file.drop.state == .received ? "" : ", which is \(file.drop.state.rawValue)\(note)"
            return .paragraph("\(path) (\(Quantity.bytes(file.bytes))) is dropped as \(file.drop.id)\(state).")
        }
        if left > 0 { blocks.append(.paragraph("Not needed: \(Quantity.counted(left, "file")) more.")) }
        return Document(blocks)
    }
}
