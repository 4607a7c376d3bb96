import ControlProtocol
import Nouns

/// What `ftctl drop … --watch --json` prints: the files, and what followed.
struct WatchedDrops: Codable, Sendable {
    var files: [PlacedDrop]
    /// The run as it ended.
    var run: Run?
    /// What is waited for, where no run follows by itself.
    var outlook: PipelineOutlook?
    /// How it ended, in a sentence.
    var outcome: String?

    init(files: [PlacedDrop]) { self.files = files }

    mutating func add(_ end: DropWatch.Outcome) {
        outcome = end.sentence
        switch end {
        case .known: break
        case .waits(let waits): outlook = waits
        case .ended(let last): run = last
        }
    }
}
