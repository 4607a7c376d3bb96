import CKernels
import Tensors

extension Model {
    /// The model with an adapter added to its weights: W + s·B·A, in floats, for every projection that the adapter
    /// covers. Throws where memory is short, and what `interruption`, asked before each projection, throws.
    package func merged(with adapter: Adapter, interruption: Interruption = {}) throws -> Model {
        var result = self
        let rank = adapter.layout.rank
        for place in adapter.places {
            try interruption()
            guard let matrix = weights.layers[place.layer][place.projection] else { continue }
            let buffer = try FloatBuffer(matrix.out * matrix.in)
            for row in 0..<matrix.out {
                matrix.mergedRow(row, adapter, place, rank: rank, into: buffer.pointer + row * matrix.in)
            }
            result.weights.layers[place.layer].projections[place.projection.rawValue] = WeightMatrix(
                buffer, offset: 0, out: matrix.out, in: matrix.in, bias: matrix.bias)
        }
        return result
    }
}

extension WeightMatrix {
    /// One row of W + s·B·A.
    package func mergedRow(
        _ row: Int, _ adapter: Adapter, _ place: AdapterLayout.Place, rank: Int,
        into destination: UnsafeMutablePointer<Float>
    ) {
        self.row(row, into: destination)
        let b = adapter.values.pointer + place.b + row * rank
        let a = adapter.values.pointer + place.a
        // Double sums: exports are compared with the unmerged product.
        for column in 0..<place.inner {
            var sum = 0.0
            for r in 0..<rank { sum += Double(b[r]) * Double(a[column * rank + r]) }
            destination[column] += Float(sum) * adapter.layout.scale
        }
    }
}
