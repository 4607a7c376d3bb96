import Tensors
import Transformers

/// The rows of a model's matrices with the adapter added, a few at a time, as a file is written.
struct MergedRows {
    let model: Model
    let adapter: Adapter?

    /// Logical rows of one projection, through `stored` where the file keeps them in another order, and with `columns`
    /// in the file's order where that is given.
    func fill(
        _ layer: Int, _ projection: Projection, stored: @escaping (Int) -> Int = { $0 }, columns: [Int]? = nil
    ) -> (_ rows: Range<Int>, _ destination: UnsafeMutablePointer<Float>) -> Void {
        if let columns {
            let plain = fill(layer, projection, stored: stored)
            return { rows, destination in
                plain(rows, destination)
                for row in rows.indices {
                    let out = destination + (row - rows.lowerBound) * columns.count
                    let own = Array(UnsafeBufferPointer(start: out, count: columns.count))
                    for (place, column) in columns.enumerated() { out[place] = own[column] }
                }
            }
        }
        return { rows, destination in
            guard let matrix = model.weights.layers[layer][projection] else { return }
            let place = adapter?.place(layer, projection)
            for (offset, row) in rows.enumerated() {
                let out = destination + offset * matrix.in
                if let adapter, let place {
                    matrix.mergedRow(stored(row), adapter, place, rank: adapter.layout.rank, into: out)
                } else {
                    matrix.row(stored(row), into: out)
                }
            }
        }
    }

    /// Logical rows of some of a layer's projections, one after the other as in one matrix.
    func fused(_ layer: Int, _ projections: [Projection]) -> (
        _ rows: Range<Int>, _ destination: UnsafeMutablePointer<Float>
    ) -> Void {
        let parts = projections.compactMap { projection in
            model.weights.layers[layer][projection].map { (matrix: $0, fill: fill(layer, projection)) }
        }
        return { rows, destination in
            for (offset, row) in rows.enumerated() {
                var own = row
                for part in parts {
                    if own < part.matrix.out {
                        part.fill(own..<own + 1, destination + offset * part.matrix.in)
                        break
                    }
                    own -= part.matrix.out
                }
            }
        }
    }

    /// Rows of a matrix that no adapter touches.
    static func fill(_ matrix: WeightMatrix) -> (_ rows: Range<Int>, _ destination: UnsafeMutablePointer<Float>) -> Void
    {
        { rows, destination in
            for (offset, row) in rows.enumerated() { matrix.row(row, into: destination + offset * matrix.in) }
        }
    }
}
