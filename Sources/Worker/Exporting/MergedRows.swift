import Tensors
import Transformers

/// The rows of a model's matrices with the adapter added, a few at a time, as a file is written.
struct MergedRows {
    let model: Model
    let adapter: Adapter?

    /// Logical rows of one projection, through `stored` where the file keeps them in another order.
    func fill(
        _ layer: Int, _ projection: Projection, stored: @escaping (Int) -> Int = { $0 }
    ) -> (_ rows: Range<Int>, _ destination: UnsafeMutablePointer<Float>) -> Void {
        { rows, destination in
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

    /// Rows of a matrix that no adapter touches.
    static func fill(_ matrix: WeightMatrix) -> (_ rows: Range<Int>, _ destination: UnsafeMutablePointer<Float>) -> Void
    {
        { rows, destination in
            for (offset, row) in rows.enumerated() { matrix.row(row, into: destination + offset * matrix.in) }
        }
    }
}
