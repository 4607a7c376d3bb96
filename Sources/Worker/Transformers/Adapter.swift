import Tensors

/// The trainable numbers of a low-rank adapter, flat, so that the optimizer walks them once.
///
/// A is kept transposed ([in × rank]): then both factors have `rank` columns and every product with them runs unpacked.
package final class Adapter: @unchecked Sendable {
    package let layout: AdapterLayout
    package let places: [AdapterLayout.Place]
    package let values: FloatBuffer
    /// Numbers in use; the buffer may be longer.
    package let count: Int
    // By layer × projection, for the hot path.
    private var index: [Int?]

    /// Makes room for the adapter; all factors are zero.
    package init(_ layout: AdapterLayout, for model: Model) throws {
        self.layout = layout
        var places: [AdapterLayout.Place] = []
        var offset = 0
        var index = [Int?](repeating: nil, count: model.configuration.layers * Projection.allCases.count)
        for (layer, weights) in model.weights.layers.enumerated() where layer >= layout.firstLayer {
            for projection in Projection.allCases where layout.targets.contains(projection) {
                guard let matrix = weights[projection] else { continue }
                let a = offset
                let b = a + matrix.in * layout.rank
                offset = b + matrix.out * layout.rank
                index[layer * Projection.allCases.count + projection.rawValue] = places.count
                places.append(
                    .init(layer: layer, projection: projection, a: a, b: b, inner: matrix.in, outer: matrix.out))
            }
        }
        self.places = places
        self.index = index
        count = offset
        values = try FloatBuffer(offset)
    }

    /// Where a projection's factors lie, or nil where it has none.
    package func place(_ layer: Int, _ projection: Projection) -> AdapterLayout.Place? {
        index[layer * Projection.allCases.count + projection.rawValue].map { places[$0] }
    }

    /// A as [rank × in], the way files and papers have it.
    package func a(_ place: AdapterLayout.Place) -> [Float] {
        (0..<layout.rank * place.inner).map {
            values.pointer[place.a + $0 % place.inner * layout.rank + $0 / place.inner]
        }
    }

    /// B as [out × rank].
    package func b(_ place: AdapterLayout.Place) -> [Float] {
        Array(UnsafeBufferPointer(start: values.pointer + place.b, count: place.outer * layout.rank))
    }

    /// Sets the factors of one place from A [rank × in] and B [out × rank].
    package func set(_ place: AdapterLayout.Place, a: [Float], b: [Float]) {
        precondition(a.count == layout.rank * place.inner && b.count == layout.rank * place.outer)
        for (offset, value) in a.enumerated() {
            values.pointer[place.a + offset % place.inner * layout.rank + offset / place.inner] = value
        }
        for (offset, value) in b.enumerated() { values.pointer[place.b + offset] = value }
    }
}
