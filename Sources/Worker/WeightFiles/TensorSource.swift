import CKernels
import Tensors

/// A tensor to be written: its shape and type in the file, and where its numbers come from, a few rows at a time.
package struct TensorSource {
    /// Fills `destination` with the floats of the given rows (rows × columns, row-major).
    package typealias Fill = (_ rows: Range<Int>, _ destination: UnsafeMutablePointer<Float>) -> Void

    package let name: String
    /// Row-major, outermost first.
    package let shape: [Int]
    package let type: StorageType
    package let fill: Fill

    package init(name: String, shape: [Int], type: StorageType, fill: @escaping Fill) {
        self.name = name
        self.shape = shape
        self.type = type
        self.fill = fill
    }

    /// A tensor whose floats are all at hand.
    package init(name: String, shape: [Int], type: StorageType = .f32, values: [Float]) {
        let columns = shape.last ?? 1
        self.init(name: name, shape: shape, type: type) { rows, destination in
            for (index, value) in values[(rows.lowerBound * columns)..<(rows.upperBound * columns)].enumerated() {
                destination[index] = value
            }
        }
    }

    var columns: Int { shape.last ?? 1 }
    var rows: Int { shape.dropLast().reduce(1, *) }

    /// The bytes in the file, or nil when rows are no whole blocks.
    package var byteCount: Int? { type.rowBytes(columns).map { $0 * rows } }

    /// Converts and writes, a megabyte at a time; throws what `interruption`, asked before each, throws.
    func write(to output: WeightOutput, file: String, _ interruption: () throws -> Void) throws {
        guard let rowBytes = type.rowBytes(columns) else {
            throw WeightFileError(
                .unsupported, file: file, place: name,
                problem: "rows of \(columns) are no whole blocks of \(type.label)",
                remedy: "Export as F16.")
        }
        let step = max(1, (1 << 18) / max(1, columns))
        let floats = UnsafeMutablePointer<Float>.allocate(capacity: max(1, step * columns))
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, step * rowBytes), alignment: 16)
        defer {
            floats.deallocate()
            bytes.deallocate()
        }
        var row = 0
        while row < rows {
            try interruption()
            let end = min(rows, row + step)
            fill(row..<end, floats)
            let count = (end - row) * columns
            for index in 0..<count where !floats[index].isFinite {
                throw WeightFileError(
                    .malformed, file: file, place: name,
                    problem: "element \(row * columns + index) is \(floats[index])",
                    remedy: "The model is damaged: promote or export an earlier version.")
            }
            guard ck_quantize_row(type.rawValue, floats, Int64(count), bytes.baseAddress) == 0 else {
                throw WeightFileError(
                    .unsupported, file: file, place: name, problem: "\(type.label) cannot be written",
                    remedy: "Export as F16.")
            }
            try output.write(UnsafeRawBufferPointer(rebasing: bytes[..<((end - row) * rowBytes)]))
            row = end
        }
    }
}
