import JSONText
import Nouns

/// Consecutive lines of a file, copied together so that every core can read some of them.
package struct LineBatch: Sendable {
    /// The file they are from.
    package let path: String
    private var bytes: [UInt8] = []
    private var lines: [(end: Int, number: Int)] = []

    init(path: String) { self.path = path }

    package var count: Int { lines.count }
    var size: Int { bytes.count }

    mutating func append(_ line: UnsafeBufferPointer<UInt8>, _ number: Int) {
        bytes.append(contentsOf: line)
        lines.append((bytes.count, number))
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
    }

    /// What `body` makes of the line at `index` (from 0). Throws a Failure (`dataset.damaged`) that names the file and
    /// line where it throws.
    private func read<Value>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Value) throws -> Value {
        let start = index == 0 ? 0 : lines[index - 1].end
        do {
            return try bytes.withUnsafeBufferPointer {
                try body(UnsafeBufferPointer(rebasing: $0[start..<lines[index].end]))
            }
        } catch {
            throw JSONLines.damaged("The row cannot be read.", "\(path):\(lines[index].number)", "\(error)")
        }
    }

    /// The canonical row at `index` (from 0). Throws a Failure (`dataset.damaged`) that names the file and line.
    package func row(_ index: Int) throws -> Row { try read(index, RowLine.row) }

    /// The measurement at `index` (from 0). Throws a Failure (`dataset.damaged`) that names the file and line.
    package func measurement(_ index: Int) throws -> RowMeasurement { try read(index, MeasurementLine.measurement) }
}

extension JSONLines {
    /// Gives the lines that are not empty, up to `atOnce` at a time, and fewer where they have `bytes`. Throws as
    /// ``read(_:_:)``.
    package static func batches(_ path: String, atOnce: Int, bytes: Int = 4 << 20, _ body: (LineBatch) throws -> Void)
        throws
    {
        var batch = LineBatch(path: path)
        try read(path) { line, number in
            batch.append(line, number)
            if batch.count >= atOnce || batch.size >= bytes {
                try body(batch)
                batch.removeAll()
            }
            return true
        }
        if batch.count > 0 { try body(batch) }
    }
}
