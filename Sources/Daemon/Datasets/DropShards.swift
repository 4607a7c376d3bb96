import Nouns
import RowFiles

/// The shards of one drop while they are written, one a side.
///
/// Unchecked because one thread at a time writes: who writes a batch waits for the batch before.
final class DropShards: @unchecked Sendable {
    private let folder: String
    private var writers: [Split: ShardWriter] = [:]

    init(folder: String) { self.folder = folder }

    /// Appends canonical lines to the shards of their sides.
    func write(_ lines: [(side: Split, line: [UInt8])]) throws {
        for (side, line) in lines {
            if writers[side] == nil { writers[side] = try ShardWriter(folder: folder) }
            try writers[side]?.write(line: line)
        }
    }

    /// Makes them durable, each under the name of its content.
    func finish() throws -> [Split: FileReference] { try writers.mapValues { try $0.finish() } }
}
