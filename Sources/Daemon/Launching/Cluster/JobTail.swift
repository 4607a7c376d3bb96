import Foundation
import Places
import WorkerProtocol

/// Reads what is new in a folder's `events.jsonl`, opening the file anew each time: so a network file system looks at
/// what is there now.
struct JobTail: Sendable {
    private var reader = EventReader()
    private var offset: UInt64 = 0
    private var starts = 0
    /// The bytes of what nodes noted when they began.
    private var noted: UInt64 = 0
    private var wasRead = false
    /// Seconds by which the node's clock is ahead of this machine's, where that is much.
    private(set) var ahead = 0.0

    /// Bytes that are taken at one look.
    private static let most = 8 << 20
    /// Seconds by which clocks may differ.
    static let tolerance = 60.0

    mutating func read(_ directory: String) -> [WorkerEvent] {
        guard let file = Self.open(WorkFolder(directory).events, beyond: offset) else { return [] }
        defer { try? file.close() }
        guard (try? file.seek(toOffset: offset)) != nil else { return [] }
        var (events, taken): ([WorkerEvent], Int) = ([], 0)
        while taken < Self.most, let piece = try? file.read(upToCount: 1 << 20), !piece.isEmpty {
            events += piece.withUnsafeBytes { reader.feed($0) }
            offset += UInt64(piece.count)
            taken += piece.count
        }
        guard abs(ahead) > Self.tolerance else { return events }
        return events.map { event in
            var event = event
            event.time -= ahead
            return event
        }
    }

    /// Looks at what nodes noted when they began; returns the host whose clock is wrong, and by how much.
    ///
    /// - Parameter now: seconds since 1970.
    mutating func look(_ folder: String, now: Double) -> (host: String, ahead: Double)? {
        defer { wasRead = true }
        guard let file = Self.open(WorkFolder(folder).jobStart, beyond: noted) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.readToEnd() else { return nil }
        noted = UInt64(data.count)
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        defer { starts = lines.count }
        // Only what was written since the last look says what time it is there.
        guard wasRead, lines.count > starts, let words = lines.last?.split(separator: " "), words.count == 3,
            let time = Double(words[2])
        else { return nil }
        ahead = abs(time - now) > Self.tolerance ? time - now : 0
        return ahead == 0 ? nil : (String(words[1]), ahead)
    }

    /// A file that is opened anew; nil where it holds nothing beyond what was read.
    static func open(_ path: String, beyond offset: UInt64) -> FileHandle? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, UInt64(max(0, status.st_size)) > offset else {
            close(descriptor)
            return nil
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
