import Foundation
import Nouns
import Platform

/// The identities of the rows seen so far, in memory that does not grow with their number: the latest lie in a table,
/// and once they are too many move to a file that has a page for every few, all at once, so that a page is written once
/// for several.
package final class RowSet {
    /// 128 bits that an identity names; zero stands for an empty place, and is no digest.
    typealias Key = (UInt64, UInt64)

    package private(set) var count = 0
    private let folder: String
    private let mostInMemory: Int
    /// At most half full, so that a free place is near.
    private var table: [Key] = Array(repeating: (0, 0), count: 1 << 10)
    private var inTable = 0
    private var pages: RowPages?

    /// - Parameters:
    ///   - folder: where the file may lie.
    ///   - mostInMemory: rows that are kept in memory, of 32 to 64 bytes each.
    package init(folder: String, mostInMemory: Int = 1 << 19) {
        self.folder = folder
        self.mostInMemory = mostInMemory
    }

    /// Whether the row was not there before. Throws a ``FileFailure`` where the file cannot be read or written.
    package func insert(_ id: RowID) throws -> Bool {
        let key = Self.key(id)
        if (inTable + 1) * 2 > table.count { growTable() }
        let place = place(key)
        guard table[place] != key, try pages?.contains(key) != true else { return false }
        table[place] = key
        (inTable, count) = (inTable + 1, count + 1)
        if inTable >= mostInMemory { try emptyTable() }
        return true
    }

    private func growTable() {
        let old = table
        table = Array(repeating: (0, 0), count: old.count * 2)
        for key in old where key != (0, 0) { table[place(key)] = key }
    }

    private func emptyTable() throws {
        let pages = try pages ?? RowPages(folder: folder)
        self.pages = pages
        try pages.add(table.filter { $0 != (0, 0) })
        for place in table.indices { table[place] = (0, 0) }
        inTable = 0
    }

    /// Where the key is, or would be.
    private func place(_ key: Key) -> Int {
        var place = Int(truncatingIfNeeded: key.0) & (table.count - 1)
        while table[place] != (0, 0), table[place] != key { place = (place + 1) & (table.count - 1) }
        return place
    }

    /// An identity is 32 hexadecimal digits.
    private static func key(_ id: RowID) -> Key {
        var key: Key = (0, 0)
        for (index, byte) in id.rawValue.utf8.enumerated() {
            let digit = UInt64(byte & 15) + (byte > 57 ? 9 : 0)
            if index < 16 { key.0 = key.0 << 4 | digit } else { key.1 = key.1 << 4 | digit }
        }
        return key
    }
}
