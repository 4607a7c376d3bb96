import DataQuality
import Foundation
import Nouns
import Platform

/// The index by which a new row is compared with all that came before: immutable segments on disk, few of each size,
/// joined as they grow in number, so that the index grows with the dataset and memory does not.
///
/// It is derived from the dataset, so that losing it costs time and nothing else: whoever finds it damaged removes it
/// and indexes again.
final class NearIndex {
    /// What a row was found to be nearly the same as.
    struct Match: Hashable, Sendable {
        var row: RowID
        var split: Split
        var similarity: Double
    }

    private struct Manifest: Codable {
        var version = 1
        var segments: [String] = []
        /// Rows that the common shingles were counted in.
        var calibratedRows = 0
    }

    /// Segments of about one size before they are joined.
    private static let fanOut = 8
    /// Entries that are looked for before it is asked again whether to stop.
    private static let searchedAtOnce = 1024

    let folder: String
    private var manifest: Manifest
    private var segments: [NearSegment]
    /// Segments written since the last commit.
    private var pending: [NearSegment] = []
    /// Parts of templates, which no row is found by.
    private(set) var common: CommonShingles

    /// Opens the index in `folder`, or begins one. Throws a Failure (`dataset.near_index`) where it is damaged.
    init(folder: String) throws {
        self.folder = folder
        try AtomicFile.makeFolder(folder)
        if let data = FileManager.default.contents(atPath: folder + "/index.json") {
            do { manifest = try ContractCoding.decode(Manifest.self, from: data) } catch {
                throw Failure(
                    code: "dataset.near_index", "The index of near duplicates is damaged.", at: folder + "/index.json",
                    cause: "\(error)")
            }
        } else {
            manifest = Manifest()
        }
        let folder = folder
        segments = try manifest.segments.map { try NearSegment(path: folder + "/" + $0) }
        common = CommonShingles()
        if let data = FileManager.default.contents(atPath: folder + "/common.bin") {
            common = CommonShingles(
                data.withUnsafeBytes { bytes in
                    Set((0..<(bytes.count / 8)).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) })
                })
        }
        // What a crash left behind.
        let known = Set(manifest.segments)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasSuffix(".near") && !known.contains(name) {
            unlink(folder + "/" + name)
        }
    }

    var rows: Int { (segments + pending).reduce(0) { $0 + $1.rows } }

    /// Whether the common shingles are to be counted anew, over more rows than they were: then the rows are to be
    /// indexed again.
    func wantsCalibration(rows: Int) -> Bool { Self.wantsCalibration(rows: rows, former: manifest.calibratedRows) }

    /// The same of an index of which nothing was counted but `former` rows.
    static func wantsCalibration(rows: Int, former: Int = 0) -> Bool { rows >= 64 && rows >= 16 * max(4, former) }

    /// Begins again with these common shingles, which were counted in so many rows; every row is to be added again.
    func calibrate(_ common: CommonShingles, rows: Int) throws {
        self.common = common
        let data = Data(common.all.sorted().flatMap { value in withUnsafeBytes(of: value) { Array($0) } })
        try AtomicFile.write(data, to: folder + "/common.bin")
        let old = segments + pending
        (segments, pending) = ([], [])
        manifest.segments = []
        manifest.calibratedRows = rows
        try writeManifest()
        for segment in old { unlink(segment.path) }
    }

    /// Finds, for each of the entries, rows that came before it (also in this call) and are nearly the same, then adds
    /// the entries. What is found and kept of it is up to a ``NearProbe``.
    ///
    /// What is added counts for later calls at once, and is kept by ``commit()``. Throws a FileFailure, or a
    /// CancellationError where the task is cancelled: then nothing is added, or all of it.
    func add(_ entries: [NearSegment.Entry], threshold: Double) throws -> [[Match]] {
        let places = entries.indices.filter { !entries[$0].sketch.keys.isEmpty }
        let found = places.map { entries[$0] }
        let keys = NearSegment.sortedKeys(found)
        var matches = [[Match]](repeating: [], count: entries.count)
        guard !found.isEmpty else { return matches }
        for (place, list) in zip(places, try search(found, keys, threshold)) { matches[place] = list }
        Pulse.beat()
        let path = folder + "/\(UInt64.random(in: 0...UInt64.max)).near"
        try NearSegment.write(found, keys: keys, to: path)
        pending.append(try NearSegment(path: path))
        try join(&pending)
        return matches
    }

    private func search(_ entries: [NearSegment.Entry], _ keys: [[UInt64]], _ threshold: Double) throws -> [[Match]] {
        let batch = NearBatch(entries, keys: keys)
        // The last rows first: they are the cheapest to look at, and a row is compared with so many at most.
        let earlier = Array((segments + pending).reversed())
        // Mapped pages count as the daemon's memory, and would in the end be the whole index.
        defer { for segment in earlier { segment.release() } }
        var matches: [[Match]] = []
        for start in stride(from: 0, to: entries.count, by: Self.searchedAtOnce) {
            try Task.checkCancellation()
            matches += Parallel.slices(start..<min(entries.count, start + Self.searchedAtOnce)) { slice in
                slice.map { index in
                    var probe = NearProbe(entries[index], threshold: threshold)
                    batch.search(index, &probe)
                    for segment in earlier where probe.mayCompare { segment.search(&probe) }
                    return probe.matches
                }
            }.flatMap { $0 }
        }
        return matches
    }

    /// Keeps what was added.
    func commit() throws {
        var all = segments + pending
        var replaced: [NearSegment] = []
        try join(&all, into: &replaced)
        let durable = Set(manifest.segments)
        let names = all.map { ($0.path as NSString).lastPathComponent }
        for (name, segment) in zip(names, all) where !durable.contains(name) { try segment.sync() }
        try AtomicFile.sync(folder: folder)
        manifest.segments = names
        try writeManifest()
        (segments, pending) = (all, [])
        for segment in replaced { unlink(segment.path) }
    }

    /// Forgets what was added since the last commit.
    func discard() {
        for segment in pending { unlink(segment.path) }
        pending = []
    }

    /// Removes the index, to be made anew.
    static func remove(folder: String) { try? FileManager.default.removeItem(atPath: folder) }

    private func writeManifest() throws {
        try AtomicFile.write(try ContractCoding.encode(manifest), to: folder + "/index.json")
    }

    private func join(_ list: inout [NearSegment]) throws {
        var replaced: [NearSegment] = []
        try join(&list, into: &replaced)
        for segment in replaced { unlink(segment.path) }
    }

    /// Joins segments of about one size until there are few of each; those that were joined are to be removed once
    /// nothing names them.
    private func join(_ list: inout [NearSegment], into replaced: inout [NearSegment]) throws {
        func tier(_ segment: NearSegment) -> Int {
            (UInt64.bitWidth - UInt64(max(1, segment.rows)).leadingZeroBitCount) / 3
        }
        while let group = Dictionary(grouping: list, by: tier).values.first(where: { $0.count >= Self.fanOut }) {
            let path = folder + "/\(UInt64.random(in: 0...UInt64.max)).near"
            try NearSegment.merge(group, to: path)
            let paths = Set(group.map(\.path))
            list.removeAll { paths.contains($0.path) }
            list.append(try NearSegment(path: path))
            replaced += group
        }
    }
}
