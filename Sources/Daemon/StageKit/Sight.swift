import ControlProtocol
import Foundation
import Ledger
import Nouns

/// What exists for somebody: all but what others' jobs have left, which are the jobs, their runs, their drops and the
/// rows that only these brought.
package struct Sight: Sendable {
    private let ledger: Ledger
    /// Whose things are seen beside those that are nobody's; nil where everything is seen.
    package let owner: String?

    /// - Parameter who: whose sight it is; nil for the daemon itself, which sees everything, as admins do.
    package init(_ ledger: Ledger, _ who: Principal?) {
        self.ledger = ledger
        owner = who.flatMap { $0.role == .admin ? nil : $0.owner }
    }

    /// Whether there is anything that is not seen.
    package func isNarrow() throws -> Bool { try owner.map(ledger.hasJobs) ?? false }

    package func sees(_ run: RunID) throws -> Bool { try isSeen { try ledger.jobOwner(ofRun: run) } }
    package func sees(_ drop: DropID) throws -> Bool { try isSeen { try ledger.jobOwner(ofDrop: drop) } }

    /// Whether a run is seen; those of no job are, without a question to the ledger.
    package func sees(_ run: Run) throws -> Bool { try run.job == nil || sees(run.id) }

    /// Whether a snapshot is seen: one that nothing but runs of others' jobs was made on is theirs.
    package func sees(_ snapshot: SnapshotSummary) throws -> Bool {
        try snapshot.runs.isEmpty || snapshot.runs.contains { try sees($0) }
    }

    /// Whether a row may be read: some file that brought it is nobody's or his own, or none is known to have.
    package func sees(_ row: RowID, of pipeline: PipelineName) throws -> Bool {
        guard let owner else { return true }
        let owners = try ledger.owners(ofRow: row, in: pipeline)
        return owners.isEmpty || owners.contains { $0 == nil || $0 == owner }
    }

    /// Whether a text names nothing that is not seen.
    package func sees(text: String) throws -> Bool {
        guard owner != nil else { return true }
        return try hidden(in: Array(text.utf8)).isEmpty
    }

    /// Whether a problem is about nothing that is not seen.
    ///
    /// - Parameter place: whose problem it is, by the board's name for it.
    package func sees(_ failure: Failure, of place: String = "") throws -> Bool {
        let texts = [place, failure.message, failure.place, failure.remedy, failure.cause]
        return try sees(text: texts.compactMap(\.self).joined(separator: "\n"))
    }

    /// A run with the drops alone that are seen.
    package func told(_ run: Run) throws -> Run {
        guard owner != nil else { return run }
        var run = run
        run.drops = try run.drops.filter(sees)
        return run
    }

    private func isSeen(_ jobOwner: () throws -> String?) throws -> Bool {
        guard let owner else { return true }
        return try jobOwner().map { $0 == owner } ?? true
    }
}

// MARK: - Texts

extension Sight {
    /// What stands in the place of an identifier that is not seen.
    package static let veil = "hidden"

    /// A text without the identifiers of what is not seen.
    package func told(_ text: String) throws -> String { String(decoding: try told(Data(text.utf8)), as: UTF8.self) }

    /// Bytes of a text, such as JSON or HTML, without the identifiers of what is not seen.
    package func told(_ text: Data) throws -> Data {
        guard try isNarrow() else { return text }
        let bytes = [UInt8](text)
        let hidden = try hidden(in: bytes)
        guard !hidden.isEmpty else { return text }
        var told = Data()
        var end = 0
        for range in hidden {
            told += bytes[end..<range.lowerBound] + Self.veil.utf8
            end = range.upperBound
        }
        return told + bytes[end...]
    }

    /// Where the identifiers of runs, drops, jobs and files stand that are not seen, in their order.
    private func hidden(in bytes: [UInt8]) throws -> [Range<Int>] {
        var known: [String: Bool] = [:]
        return try Self.words(bytes).filter { range in
            let word = String(decoding: bytes[range], as: UTF8.self)
            if let isSeen = known[word] { return !isSeen }
            let isSeen = try sees(word: word)
            known[word] = isSeen
            return !isSeen
        }
    }

    private func sees(word: String) throws -> Bool {
        switch word.prefix(while: { $0 != "-" }) {
        case "r": try sees(RunID(word))
        case "d": try sees(DropID(word))
        case "ftjob": try isSeen { try ledger.job(JobID(word))?.owner }
        case "file": try isSeen { try ledger.keptFile(word)?.owner }
        default: true
        }
    }

    /// The words that may be such an identifier: letters, digits, `-` and `_` from a beginning that it can have.
    private static func words(_ bytes: [UInt8]) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var index = 0
        while index < bytes.count {
            guard isOfWord(bytes[index]) else {
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, isOfWord(bytes[index]) { index += 1 }
            guard beginnings.contains(where: { bytes[start..<index].starts(with: $0) }) else { continue }
            var end = index
            if bytes[start] == UInt8(ascii: "r") {
                // What belongs to a run is called by it and a word: `r-000007-candidate`.
                end = start + 2
                while end < index, bytes[end] >= 48, bytes[end] <= 57 { end += 1 }
            }
            words.append(start..<end)
        }
        return words
    }

    private static let beginnings = ["r-", "d-", "ftjob-", "file-"].map { Array($0.utf8) }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 48...57, 45, 95: true
        default: false
        }
    }
}
