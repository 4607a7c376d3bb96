import Foundation
import Nouns
import Places

/// Turns the bytes of a worker's event lines into events; the only reader of `events.jsonl` and of descriptor 3.
///
/// A line that is no event (cut off by a kill, of a kind that a later version knows, too long) is passed over.
package struct EventReader: Sendable {
    /// A line longer than this is no event.
    private static let longest = 64 << 20

    private var lines = LineCutter(longest: longest)

    package init() {}

    /// Takes the next bytes; returns the events that are whole now.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) -> [WorkerEvent] {
        var events: [WorkerEvent] = []
        lines.feed(bytes) { line in
            if let line, let event = try? ContractCoding.decode(WorkerEvent.self, from: Data(line)) {
                events.append(event)
            }
            return true
        }
        return events
    }

    /// The events of a request's folder in the order of writing, those of interrupted attempts too; none where the file
    /// is gone.
    package static func events(in folder: String) -> [WorkerEvent] {
        guard let file = FileHandle(forReadingAtPath: WorkFolder(folder).events) else { return [] }
        defer { try? file.close() }
        var reader = EventReader()
        var events: [WorkerEvent] = []
        // A file that cannot be read to its end gives what could be read: curves are shown as far as they are known.
        while let piece = try? file.read(upToCount: 1 << 20), !piece.isEmpty {
            events += piece.withUnsafeBytes { reader.feed($0) }
        }
        return events
    }
}
