import Foundation
import Platform

/// Identities of rows in a file without a name, a page for those with the same upper bits; digests spread evenly over
/// them.
///
/// It is read and written rather than mapped: mapped pages would count as the reader's memory, and would in the end be
/// the whole file.
final class RowPages {
    private static let slots = 256
    private static let bytes = slots * MemoryLayout<RowSet.Key>.stride
    /// Rows a page on average before there are twice as many pages: a page that is full by chance is then all but
    /// impossible.
    private static let most = 128
    private static let mostBits = 40

    private let folder: String
    private var path = ""
    private var descriptor: Int32 = -1
    /// How many upper bits tell the page.
    private var bits = 1
    private var count = 0
    private let page = UnsafeMutableBufferPointer<RowSet.Key>.allocate(capacity: slots)

    /// Begins without rows. Throws a ``FileFailure``.
    init(folder: String) throws {
        self.folder = folder
        do {
            (descriptor, path) = try Self.make(folder)
            page.initialize(repeating: (0, 0))
            for number in 0..<(1 << bits) { try write(number * Self.bytes, UnsafeRawBufferPointer(page)) }
        } catch {
            page.deallocate()
            throw error
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        page.deallocate()
    }

    /// Whether the row is there. Throws a ``FileFailure``.
    func contains(_ key: RowSet.Key) throws -> Bool {
        try read(Self.page(key, bits) * Self.bytes)
        for slot in page {
            if slot == key { return true }
            if slot == (0, 0) { return false }
        }
        return false
    }

    /// Adds rows that are not there. Throws a ``FileFailure``.
    func add(_ keys: [RowSet.Key]) throws {
        count += keys.count
        while count > Self.most << bits { try grow() }
        // In the order of pages, so that each is read and written once.
        let sorted = keys.sorted { $0.0 < $1.0 }
        var next = 0
        while next < sorted.count {
            let number = Self.page(sorted[next], bits)
            try read(number * Self.bytes)
            var filled = page.firstIndex { $0 == (0, 0) } ?? Self.slots
            let before = filled
            while next < sorted.count, filled < Self.slots, Self.page(sorted[next], bits) == number {
                page[filled] = sorted[next]
                (filled, next) = (filled + 1, next + 1)
            }
            if filled > before { try write(number * Self.bytes, UnsafeRawBufferPointer(page)) }
            // A page that is full: its next row goes into one of the two that come of it.
            if next < sorted.count, filled == Self.slots, Self.page(sorted[next], bits) == number { try grow() }
        }
    }

    private static func page(_ key: RowSet.Key, _ bits: Int) -> Int { Int(key.0 >> UInt64(64 - bits)) }

    /// Writes twice as many pages: each becomes two by one bit more.
    private func grow() throws {
        guard bits < Self.mostBits else { throw FileFailure("put more rows into it", path, errno: EFBIG) }
        let old = descriptor
        let (new, name) = try Self.make(folder)
        defer { close(old) }
        var halves = [RowSet.Key](repeating: (0, 0), count: 2 * Self.slots)
        for number in 0..<(1 << bits) {
            descriptor = old
            do { try read(number * Self.bytes) } catch {
                descriptor = new
                throw error
            }
            descriptor = new
            for slot in halves.indices { halves[slot] = (0, 0) }
            var filled = (0, Self.slots)
            for key in page where key != (0, 0) {
                if Self.page(key, bits + 1) & 1 == 0 {
                    halves[filled.0] = key
                    filled.0 += 1
                } else {
                    halves[filled.1] = key
                    filled.1 += 1
                }
            }
            try halves.withUnsafeBytes { try write(number * 2 * Self.bytes, $0) }
        }
        path = name
        bits += 1
    }

    private static func make(_ folder: String) throws -> (Int32, String) {
        let path = folder + "/.rows-\(UInt64.random(in: 0...UInt64.max)).tmp"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure("create it", path, errno: errno) }
        unlink(path)
        return (descriptor, path)
    }

    private func read(_ start: Int) throws {
        var done = 0
        let bytes = UnsafeMutableRawBufferPointer(page)
        while done < bytes.count {
            let got = pread(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(start + done))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw FileFailure("read it", path, errno: got < 0 ? errno : EIO) }
            done += got
        }
    }

    private func write(_ start: Int, _ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let got = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(start + done))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw FileFailure("write it", path, errno: got < 0 ? errno : EIO) }
            done += got
        }
    }
}
