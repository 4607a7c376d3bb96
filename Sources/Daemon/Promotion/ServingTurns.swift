import Foundation

/// One at a time decides what is served or clears away what is not: between the look whether a version's files are
/// there and the record that it is served, nobody removes them.
enum ServingTurns {
    private static let lock = NSLock()

    static func taken<Value>(_ body: () throws -> Value) rethrows -> Value { try lock.withLock(body) }
}
