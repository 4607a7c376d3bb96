import DataQuality
import Foundation
import Nouns
import Platform

/// An immutable file of sketches, mapped into memory: rows, their keys sorted by band, their samples.
///
/// Layout, in the machine's byte order: `FTNEAR01`, rows n and samples m (UInt32 each); n rows of 24 bytes (identity
/// 16, first sample UInt32, samples UInt16, split UInt8, 0); for each band n entries of key and row (UInt64: key in the
/// upper half), ascending; m samples (UInt32).
final class NearSegment: Sendable {
    /// A row as it is indexed.
    struct Entry: Sendable {
        var id: RowID
        var split: Split
        var sketch: Sketch
    }

    static let magic = Array("FTNEAR01".utf8)
    private static let rowBytes = 24
    private static let splits: [Split] = [.train, .validation, .gate]
    /// Rows of one key that are looked at: more than that have it because it tells nothing.
    static let mostOfAKey = 32
    /// Samples beyond this many bytes are not looked at in the mapping.
    private static let mappedSampleBytes = 16 << 20
    /// Bytes of samples that are copied at a time when segments are joined.
    private static let pieceBytes = 4 << 20

    let path: String
    let rows: Int
    private let samples: Int
    private let data: Data
    /// The file. Where it is large, samples are read from it one by one: a mapped page brings its neighbours along, so
    /// that looking at a few rows here and there would bring in everything. -1 where it is small.
    private let descriptor: Int32

    /// Maps a file. Throws a Failure (`dataset.near_index`) where it is not whole.
    init(path: String) throws {
        self.path = path
        do { data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped) } catch {
            throw Self.damaged(path, "it cannot be mapped: \(error.localizedDescription)")
        }
        guard data.count >= 16, data.prefix(8).elementsEqual(Self.magic) else {
            throw Self.damaged(path, "it does not begin as one")
        }
        (rows, samples) = data.withUnsafeBytes {
            (
                Int($0.loadUnaligned(fromByteOffset: 8, as: UInt32.self)),
                Int($0.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
            )
        }
        guard data.count == 16 + rows * (Self.rowBytes + 8 * Sketch.bands) + 4 * samples else {
            descriptor = -1
            throw Self.damaged(path, "it has \(data.count) bytes")
        }
        guard samples * 4 > Self.mappedSampleBytes else {
            descriptor = -1
            return
        }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Gives back the memory of what was looked at; it is read from the file again where it is wanted.
    func release() { data.withUnsafeBytes { Self.release($0) } }

    /// The same for whole pages of a part of a mapping.
    private static func release(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        let page = Int(getpagesize())
        let start = (Int(bitPattern: base) + page - 1) / page * page,
            end = (Int(bitPattern: base) + bytes.count) / page * page
        // Advice only: where it is not taken, memory stays in use as before.
        if end > start, let first = UnsafeMutableRawPointer(bitPattern: start) {
            _ = madvise(first, end - start, MADV_DONTNEED)
        }
    }

    private static func damaged(_ path: String, _ cause: String) -> Failure {
        Failure(
            code: "dataset.near_index", "The index of near duplicates is damaged.", at: path,
            remedy: "Nothing: it is made anew from the dataset.", cause: cause)
    }

    private func bands(_ band: Int) -> Int { 16 + rows * Self.rowBytes + band * rows * 8 }
    private var sampleStart: Int { 16 + rows * (Self.rowBytes + 8 * Sketch.bands) }

    /// Compares the probe's row with those that share a key with it, until it has been compared often enough.
    func search(_ probe: inout NearProbe) {
        data.withUnsafeBytes { bytes in
            let candidates = candidates(probe.sketch, bytes)
            guard !candidates.isEmpty else { return }
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Sketch.sampleSize) { space in
                for row in candidates where probe.mayCompare {
                    probe.compare(sample(row, bytes, into: space)) { (identity(row, bytes), split(row, bytes)) }
                }
            }
        }
    }

    /// Rows that share a key with the sketch, each once, in ascending order.
    private func candidates(_ sketch: Sketch, _ bytes: UnsafeRawBufferPointer) -> [Int] {
        var found: [Int] = []
        for (band, key) in sketch.keys.enumerated() {
            let base = bands(band)
            let first = Self.place(of: key, rows) {
                UInt32(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: base + $0 * 8, as: UInt64.self) >> 32)
            }
            for index in first..<min(rows, first + Self.mostOfAKey) {
                let entry = bytes.loadUnaligned(fromByteOffset: base + index * 8, as: UInt64.self)
                guard UInt32(truncatingIfNeeded: entry >> 32) == key else { break }
                let row = Int(UInt32(truncatingIfNeeded: entry))
                if row < rows { found.append(row) }
            }
        }
        return NearProbe.distinct(found)
    }

    /// Where the first of `count` ascending keys lies that is not below `key`. Keys are hashes, so it is looked for
    /// where evenly spread ones would have it, and from there in steps that double: a search by halves would miss the
    /// cache at most of them.
    static func place(of key: UInt32, _ count: Int, _ at: (Int) -> UInt32) -> Int {
        guard count > 0 else { return 0 }
        let guess = Int((UInt64(key) &* UInt64(count)) >> 32)
        // All before `low` are below the key; all from `high` on are not.
        var (low, high) = (0, count)
        var step = 8
        if at(guess) < key {
            low = guess + 1
            while low + step < count, at(low + step) < key {
                low += step + 1
                step *= 2
            }
            high = min(count, low + step)
        } else {
            high = guess
            while high - step > 0, at(high - step) >= key {
                high -= step
                step *= 2
            }
            low = max(0, high - step)
        }
        while low < high {
            let middle = (low + high) / 2
            if at(middle) < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func identity(_ row: Int, _ bytes: UnsafeRawBufferPointer) -> NearIdentity {
        let start = 16 + row * Self.rowBytes
        return NearIdentity(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + NearIdentity.bytes)]))
    }

    private func split(_ row: Int, _ bytes: UnsafeRawBufferPointer) -> Split {
        let value = Int(bytes[16 + row * Self.rowBytes + 22])
        return value < Self.splits.count ? Self.splits[value] : .train
    }

    /// A row's sample, copied into `space`; none where the file is damaged.
    private func sample(
        _ row: Int, _ bytes: UnsafeRawBufferPointer, into space: UnsafeMutableBufferPointer<UInt32>
    ) -> UnsafeBufferPointer<UInt32> {
        let start = 16 + row * Self.rowBytes
        let first = Int(bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt32.self))
        let count = Int(bytes.loadUnaligned(fromByteOffset: start + 20, as: UInt16.self))
        guard count <= space.count, first + count <= samples else { return UnsafeBufferPointer(rebasing: space[..<0]) }
        let (offset, wanted) = (sampleStart + first * 4, count * 4)
        if descriptor >= 0 {
            // A file that was cut short meanwhile is like nothing.
            guard pread(descriptor, space.baseAddress, wanted, off_t(offset)) == wanted else {
                return UnsafeBufferPointer(rebasing: space[..<0])
            }
        } else {
            UnsafeMutableRawBufferPointer(space).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + wanted)]))
        }
        return UnsafeBufferPointer(rebasing: space[..<count])
    }

    // MARK: - Writing

    /// For each band the keys of the entries in ascending order, each in the upper half of a word, its entry's number
    /// in the lower.
    static func sortedKeys(_ entries: [Entry]) -> [[UInt64]] {
        Parallel.slices(0..<Sketch.bands, least: 1) { bands in
            bands.map { band in
                entries.indices.map { UInt64(entries[$0].sketch.keys[band]) << 32 | UInt64($0) }.sorted()
            }
        }.flatMap { $0 }
    }

    /// Writes a segment of few rows, each of which has keys; those as ``sortedKeys(_:)`` gives them.
    static func write(_ entries: [Entry], keys: [[UInt64]], to path: String) throws {
        var table: [UInt8] = []
        var samples: [UInt32] = []
        for entry in entries {
            NearIdentity(entry.id).append(to: &table)
            append(UInt32(samples.count), to: &table)
            append(UInt16(entry.sketch.sample.count), to: &table)
            table += [UInt8(splits.firstIndex(of: entry.split) ?? 0), 0]
            samples += entry.sketch.sample
        }
        var output = header(entries.count, samples.count)
        output.reserveCapacity(output.count + table.count + 8 * Sketch.bands * entries.count + 4 * samples.count)
        output += table
        for band in keys { band.withUnsafeBytes { output.append(contentsOf: $0) } }
        samples.withUnsafeBytes { output.append(contentsOf: $0) }
        try writing(path) { descriptor in
            try output.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
        }
    }

    /// Makes a file that is not durable yet: what is not made so by ``sync()`` is forgotten at the next start.
    private static func writing(_ path: String, _ body: (Int32) throws -> Void) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileFailure("create it", path, errno: errno) }
        defer { close(descriptor) }
        do { try body(descriptor) } catch {
            unlink(path)
            throw error
        }
    }

    /// Makes the file durable.
    func sync() throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure("make it durable", path, errno: errno) }
    }

    /// Joins segments into one, reading and writing in order and in little memory. Throws a FileFailure, or a
    /// CancellationError where the task is cancelled: then there is no file.
    static func merge(_ segments: [NearSegment], to path: String) throws {
        let rows = segments.reduce(0) { $0 + $1.rows }
        let samples = segments.reduce(0) { $0 + $1.samples }
        try writing(path) { descriptor in
            var buffer: [UInt8] = header(rows, samples)
            func flush(_ limit: Int = 1 << 18) throws {
                guard buffer.count >= limit else { return }
                Pulse.beat()
                try Task.checkCancellation()
                try buffer.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
                buffer.removeAll(keepingCapacity: true)
            }
            var (firstSample, firstRow) = (0, 0)
            var offsets: [UInt64] = []
            for segment in segments {
                try segment.data.withUnsafeBytes { bytes in
                    for row in 0..<segment.rows {
                        let start = 16 + row * rowBytes
                        buffer.append(contentsOf: bytes[start..<(start + 16)])
                        append(
                            bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt32.self)
                                &+ UInt32(truncatingIfNeeded: firstSample), to: &buffer)
                        buffer.append(contentsOf: bytes[(start + 20)..<(start + rowBytes)])
                        try flush()
                    }
                }
                offsets.append(UInt64(firstRow))
                firstRow += segment.rows
                firstSample += segment.samples
            }
            for band in 0..<Sketch.bands {
                var positions = [Int](repeating: 0, count: segments.count)
                // No row has the largest word of all.
                func head(_ index: Int) -> UInt64 {
                    guard positions[index] < segments[index].rows else { return .max }
                    return segments[index].data.withUnsafeBytes {
                        $0.loadUnaligned(
                            fromByteOffset: segments[index].bands(band) + positions[index] * 8, as: UInt64.self)
                    } &+ offsets[index]
                }
                var heads = segments.indices.map(head)
                while true {
                    var next = 0
                    for index in heads.indices where heads[index] < heads[next] { next = index }
                    guard heads[next] != .max else { break }
                    append(heads[next], to: &buffer)
                    positions[next] += 1
                    heads[next] = head(next)
                    try flush()
                }
            }
            for segment in segments {
                try flush(1)
                try segment.data.withUnsafeBytes { bytes in
                    for start in stride(from: segment.sampleStart, to: bytes.count, by: pieceBytes) {
                        let piece = UnsafeRawBufferPointer(
                            rebasing: bytes[start..<min(bytes.count, start + pieceBytes)])
                        Pulse.beat()
                        try Task.checkCancellation()
                        try AtomicFile.writeAll(piece, to: descriptor, path: path)
                        release(piece)
                    }
                }
                segment.release()
            }
            try flush(1)
        }
    }

    private static func header(_ rows: Int, _ samples: Int) -> [UInt8] {
        var bytes = magic
        append(UInt32(truncatingIfNeeded: rows), to: &bytes)
        append(UInt32(truncatingIfNeeded: samples), to: &bytes)
        return bytes
    }

    private static func append<Value: FixedWidthInteger>(_ value: Value, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }
}
