import Contracts
import DataQuality
import Foundation
import Platform

/// An immutable file of sketches, mapped into memory: rows, their keys sorted by band, their samples.
///
/// Layout, in the machine's byte order: `FTNEAR01`, rows n and samples m (UInt32 each); n rows of 24 bytes (identity 16, first sample UInt32,
/// samples UInt16, split UInt8, 0); for each band n entries of key and row (UInt64: key in the upper half), ascending; m samples (UInt32).
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
    private static let mostOfAKey = 32
    /// Samples beyond this many bytes are not looked at in the mapping.
    private static let mappedSampleBytes = 16 << 20
    /// Bytes of samples that are copied at a time when segments are joined.
    private static let pieceBytes = 4 << 20

    let path: String
    let rows: Int
    private let samples: Int
    private let data: Data
    /// The file, of which samples are read one by one where it is large: a mapped page brings its neighbours along, so that looking at a few rows
    /// here and there would bring in everything. -1 where it is small.
    private let descriptor: Int32

    /// Maps a file. Throws a Failure (`dataset.near_index`) where it is not whole.
    init(path: String) throws {
        self.path = path
        do { data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped) } catch {
            throw Self.damaged(path, "it cannot be mapped: \(error.localizedDescription)")
        }
        guard data.count >= 16, data.prefix(8).elementsEqual(Self.magic) else { throw Self.damaged(path, "it does not begin as one") }
        (rows, samples) = data.withUnsafeBytes {
            (Int($0.loadUnaligned(fromByteOffset: 8, as: UInt32.self)), Int($0.loadUnaligned(fromByteOffset: 12, as: UInt32.self)))
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
        let start = (Int(bitPattern: base) + page - 1) / page * page, end = (Int(bitPattern: base) + bytes.count) / page * page
        // Advice only: where it is not taken, memory stays in use as before.
        if end > start, let first = UnsafeMutableRawPointer(bitPattern: start) { _ = madvise(first, end - start, MADV_DONTNEED) }
    }

    private static func damaged(_ path: String, _ cause: String) -> Failure {
        Failure(
            code: "dataset.near_index", "The index of near duplicates is damaged.", at: path,
            remedy: "Nothing: it is made anew from the dataset.", cause: cause)
    }

    private func bands(_ band: Int) -> Int { 16 + rows * Self.rowBytes + band * rows * 8 }
    private var sampleStart: Int { 16 + rows * (Self.rowBytes + 8 * Sketch.bands) }

    /// Rows that share a key with the sketch and are at least `threshold` similar to it.
    func matches(_ sketch: Sketch, threshold: Double, _ body: (RowID, Split, Double) -> Void) {
        data.withUnsafeBytes { bytes in
            var seen: Set<UInt32> = []
            for (band, key) in sketch.keys.enumerated() {
                let base = bands(band)
                var (low, high) = (0, rows)
                while low < high {
                    let middle = (low + high) / 2
                    if UInt32(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: base + middle * 8, as: UInt64.self) >> 32) < key {
                        low = middle + 1
                    } else {
                        high = middle
                    }
                }
                for index in low..<min(rows, low + Self.mostOfAKey) {
                    let entry = bytes.loadUnaligned(fromByteOffset: base + index * 8, as: UInt64.self)
                    guard UInt32(truncatingIfNeeded: entry >> 32) == key else { break }
                    let row = UInt32(truncatingIfNeeded: entry)
                    guard row < rows, seen.insert(row).inserted else { continue }
                    let similarity = Sketch.similarity(sketch.sample, sample(Int(row), bytes))
                    if similarity >= threshold { body(id(Int(row), bytes), split(Int(row), bytes), similarity) }
                }
            }
        }
    }

    private func id(_ row: Int, _ bytes: UnsafeRawBufferPointer) -> RowID {
        let start = 16 + row * Self.rowBytes
        return RowID(Hexadecimal.text(bytes[start..<(start + 16)]))
    }

    private func split(_ row: Int, _ bytes: UnsafeRawBufferPointer) -> Split {
        let value = Int(bytes[16 + row * Self.rowBytes + 22])
        return value < Self.splits.count ? Self.splits[value] : .train
    }

    private func sample(_ row: Int, _ bytes: UnsafeRawBufferPointer) -> [UInt32] {
        let start = 16 + row * Self.rowBytes
        let first = Int(bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt32.self))
        let count = Int(bytes.loadUnaligned(fromByteOffset: start + 20, as: UInt16.self))
        guard first + count <= samples else { return [] }
        if descriptor >= 0 {
            let wanted = count * 4
            return [UInt32](unsafeUninitializedCapacity: count) { buffer, filled in
                // A file that was cut short meanwhile is like nothing.
                filled = pread(descriptor, buffer.baseAddress, wanted, off_t(sampleStart + first * 4)) == wanted ? count : 0
            }
        }
        return (first..<(first + count)).map { bytes.loadUnaligned(fromByteOffset: sampleStart + $0 * 4, as: UInt32.self) }
    }

    // MARK: - Writing

    /// Writes a segment of few rows.
    static func write(_ entries: [Entry], to path: String) throws {
        var table: [UInt8] = []
        var samples: [UInt32] = []
        for entry in entries {
            table += Hexadecimal.bytes(entry.id.rawValue)
            append(UInt32(samples.count), to: &table)
            append(UInt16(entry.sketch.sample.count), to: &table)
            table += [UInt8(splits.firstIndex(of: entry.split) ?? 0), 0]
            samples += entry.sketch.sample
        }
        var output = header(entries.count, samples.count)
        output.reserveCapacity(output.count + table.count + 8 * Sketch.bands * entries.count + 4 * samples.count)
        output += table
        for band in 0..<Sketch.bands {
            let keys = entries.enumerated().compactMap { index, entry in
                band < entry.sketch.keys.count ? UInt64(entry.sketch.keys[band]) << 32 | UInt64(index) : nil
            }
            keys.sorted().withUnsafeBytes { output.append(contentsOf: $0) }
        }
        samples.withUnsafeBytes { output.append(contentsOf: $0) }
        try AtomicFile.write(Data(output), to: path)
    }

    /// Joins segments into one, reading and writing in order and in little memory.
    static func merge(_ segments: [NearSegment], to path: String) throws {
        let rows = segments.reduce(0) { $0 + $1.rows }
        let samples = segments.reduce(0) { $0 + $1.samples }
        let temporary = try AtomicFile.write(beside: path) { descriptor, name in
            var buffer: [UInt8] = header(rows, samples)
            func flush(_ limit: Int = 1 << 18) throws {
                guard buffer.count >= limit else { return }
                try buffer.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: name) }
                buffer.removeAll(keepingCapacity: true)
            }
            var (firstSample, firstRow) = (0, 0)
            var offsets: [UInt64] = []
            for segment in segments {
                try segment.data.withUnsafeBytes { bytes in
                    for row in 0..<segment.rows {
                        let start = 16 + row * rowBytes
                        buffer.append(contentsOf: bytes[start..<(start + 16)])
                        append(bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt32.self) &+ UInt32(truncatingIfNeeded: firstSample), to: &buffer)
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
                func head(_ index: Int) -> UInt64? {
                    guard positions[index] < segments[index].rows else { return nil }
                    return segments[index].data.withUnsafeBytes {
                        $0.loadUnaligned(fromByteOffset: segments[index].bands(band) + positions[index] * 8, as: UInt64.self)
                    } + offsets[index]
                }
                var heads = segments.indices.map(head)
                while let next = heads.indices.filter({ heads[$0] != nil }).min(by: { (heads[$0] ?? 0) < (heads[$1] ?? 0) }), let value = heads[next] {
                    append(value, to: &buffer)
                    positions[next] += 1
                    heads[next] = head(next)
                    try flush()
                }
            }
            for segment in segments {
                try flush(1)
                try segment.data.withUnsafeBytes { bytes in
                    for start in stride(from: segment.sampleStart, to: bytes.count, by: pieceBytes) {
                        let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + pieceBytes)])
                        try AtomicFile.writeAll(piece, to: descriptor, path: name)
                        release(piece)
                    }
                }
                segment.release()
            }
            try flush(1)
        }
        try AtomicFile.rename(temporary, to: path)
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

/// Row identities as 16 bytes.
enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var characters: [UInt8] = []
        characters.reserveCapacity(32)
        for byte in bytes {
            characters.append(digits[Int(byte >> 4)])
            characters.append(digits[Int(byte & 15)])
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The first 16 bytes that the digits write; zeros where there are fewer.
    static func bytes(_ text: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 16)
        for (index, character) in text.utf8.prefix(32).enumerated() {
            let value: UInt8 =
                switch character {
                case 0x30...0x39: character - 0x30
                case 0x61...0x66: character - 0x61 + 10
                default: 0
                }
            bytes[index / 2] |= index.isMultiple(of: 2) ? value << 4 : value
        }
        return bytes
    }
}
