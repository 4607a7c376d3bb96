import Tensors

/// A model's own weights as float32 master copies, flat, for full fine-tuning.
///
/// With ``firstLayer`` above 0 only the blocks from there on, the last norm and an output projection of its own are
/// trained; what lies below, and an embedding that is also the output projection, stay as their file has them.
package final class TrainableWeights: Trainable {
    /// Where a matrix [out × in] and its bias [out] lie.
    struct Place: Hashable, Sendable {
        var offset: Int
        var out: Int
        var inner: Int
        var bias: Int?
    }

    /// Where a norm's weight and bias [count] lie.
    struct NormPlace: Hashable, Sendable {
        var offset: Int
        var count: Int
        var bias: Int?
    }

    /// The lowest block that is trained.
    package let firstLayer: Int
    package let values: FloatBuffer
    package let count: Int
    package let groups: [ParameterGroup]
    let embedding: Place?
    let positions: Place?
    /// What gives layers inputs of their own; nil where it is frozen or absent.
    let perLayer: (embedding: Place, projection: Place, norm: NormPlace)?
    /// The output projection; the embedding's place where the two are one.
    let head: Place?
    let finalNorm: NormPlace
    private let projections: [[Place?]]
    private let norms: [[NormPlace?]]
    private let kernels: [Place?]
    private let decays: [(rate: NormPlace, bias: NormPlace)?]
    private let base: Model

    /// Copies the weights of `model` from block `firstLayer` on; throws where memory is short.
    package init(_ model: Model, firstLayer: Int = 0) throws {
        var next = 0
        var groups: [ParameterGroup] = []
        func take(_ role: ParameterGroup.Role, _ count: Int) -> Int {
            groups.append(ParameterGroup(role, offset: next, count: count))
            defer { next += count }
            return next
        }
        func place(_ matrix: WeightMatrix) -> Place {
            Place(
                offset: take(.matrix, matrix.out * matrix.in), out: matrix.out, inner: matrix.in,
                bias: matrix.bias.map { take(.vector, $0.count) })
        }
        func place(_ norm: NormWeights) -> NormPlace {
            NormPlace(
                offset: take(.vector, norm.weight.count), count: norm.weight.count,
                bias: norm.bias.map { take(.vector, $0.count) })
        }
        let weights = model.weights
        let whole = firstLayer <= 0
        let first = max(0, min(firstLayer, weights.layers.count))
        embedding = whole ? place(weights.embedding) : nil
        positions = whole ? weights.positions.map(place) : nil
        perLayer =
            whole ? weights.perLayer.map { (place($0.embedding), place($0.projection), place($0.norm)) } : nil
        var projections: [[Place?]] = []
        var norms: [[NormPlace?]] = []
        var kernels: [Place?] = []
        var decays: [(rate: NormPlace, bias: NormPlace)?] = []
        for (index, layer) in weights.layers.enumerated() {
            projections.append(Projection.allCases.map { index >= first ? layer[$0].map(place) : nil })
            norms.append(BlockNorm.allCases.map { index >= first ? layer[$0].map(place) : nil })
            kernels.append(
                layer.kernel.flatMap { kernel in
                    index < first
                        ? nil
                        : Place(offset: take(.matrix, kernel.weights.count), out: kernel.taps, inner: kernel.width)
                })
            func vector(_ count: Int) -> NormPlace { NormPlace(offset: take(.vector, count), count: count) }
            decays.append(
                layer.decay.flatMap { index < first ? nil : (vector($0.rate.count), vector($0.bias.count)) })
        }
        finalNorm = place(weights.finalNorm)
        head = model.configuration.tied ? embedding : place(weights.head)
        self.firstLayer = first
        self.projections = projections
        self.norms = norms
        self.kernels = kernels
        self.decays = decays
        self.groups = groups
        base = model
        count = next
        values = try FloatBuffer(next)
        visit(model) { offset, numbers in
            if let base = numbers.baseAddress { (values.pointer + offset).update(from: base, count: numbers.count) }
        }
    }

    /// Where a projection lies, or nil where it is frozen or absent.
    func place(_ layer: Int, _ projection: Projection) -> Place? { projections[layer][projection.rawValue] }

    /// Where a norm lies, or nil where it is frozen or absent.
    func place(_ layer: Int, _ norm: BlockNorm) -> NormPlace? { norms[layer][norm.rawValue] }

    /// Where the kernel of a layer's convolution lies [taps × width], or nil where it is frozen or absent.
    func kernelPlace(_ layer: Int) -> Place? { kernels[layer] }

    /// Where it lies how a layer's heads forget, or nil where that is frozen or absent.
    func decayPlace(_ layer: Int) -> (rate: NormPlace, bias: NormPlace)? { decays[layer] }

    /// The model with these weights in the place of its own: matrices as views of ``values``, norms and biases as
    /// copies of now.
    package func model() -> Model {
        var result = base
        func vector(_ offset: Int, _ count: Int) -> [Float] {
            Array(UnsafeBufferPointer(start: values.pointer + offset, count: count))
        }
        func matrix(_ place: Place) -> WeightMatrix {
            WeightMatrix(
                values, offset: place.offset, out: place.out, in: place.inner,
                bias: place.bias.map { vector($0, place.out) })
        }
        func norm(_ place: NormPlace) -> NormWeights {
            NormWeights(weight: vector(place.offset, place.count), bias: place.bias.map { vector($0, place.count) })
        }
        if let embedding { result.weights.embedding = matrix(embedding) }
        if let positions { result.weights.positions = matrix(positions) }
        if let perLayer {
            result.weights.perLayer = PerLayerWeights(
                embedding: matrix(perLayer.embedding), projection: matrix(perLayer.projection),
                norm: norm(perLayer.norm))
        }
        if let head { result.weights.head = matrix(head) }
        result.weights.finalNorm = norm(finalNorm)
        for layer in firstLayer..<result.weights.layers.count {
            for projection in Projection.allCases {
                if let place = place(layer, projection) {
                    result.weights.layers[layer].projections[projection.rawValue] = matrix(place)
                }
            }
            for kind in BlockNorm.allCases {
                if let place = place(layer, kind) { result.weights.layers[layer][kind] = norm(place) }
            }
            if let place = kernels[layer] {
                result.weights.layers[layer].kernel = ConvolutionKernel(
                    weights: vector(place.offset, place.out * place.inner), taps: place.out)
            }
            if let (rate, bias) = decays[layer] {
                result.weights.layers[layer].decay = DeltaDecay(
                    rate: vector(rate.offset, rate.count), bias: vector(bias.offset, bias.count))
            }
        }
        return result
    }

    package func transformer(_ model: Model, team: ThreadTeam) throws -> Transformer {
        try Transformer(self.model(), weights: self, team: team)
    }

    package func publish(to transformer: Transformer) { transformer.replace(model()) }

    /// The largest difference to the weights of `model`, in parts of one where they are larger than one; infinite where
    /// one is no number.
    package func difference(to model: Model) -> Float {
        var largest: Float = 0
        visit(model) { offset, numbers in
            for (index, value) in numbers.enumerated() {
                let own = values.pointer[offset + index]
                let difference = abs(value - own) / max(1, abs(own))
                largest = difference.isFinite ? max(largest, difference) : .infinity
            }
        }
        return largest
    }

    /// Shows every stretch of `model` that is trained, with its place among ``values``.
    private func visit(_ model: Model, _ body: (_ offset: Int, UnsafeBufferPointer<Float>) -> Void) {
        var row: [Float] = []
        func show(_ matrix: WeightMatrix, _ place: Place) {
            if row.count < place.inner { row = [Float](repeating: 0, count: place.inner) }
            row.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                for index in 0..<place.out {
                    matrix.row(index, into: base)
                    body(place.offset + index * place.inner, UnsafeBufferPointer(start: base, count: place.inner))
                }
            }
            if let bias = matrix.bias, let offset = place.bias { bias.withUnsafeBufferPointer { body(offset, $0) } }
        }
        func show(_ norm: NormWeights, _ place: NormPlace) {
            norm.weight.withUnsafeBufferPointer { body(place.offset, $0) }
            if let bias = norm.bias, let offset = place.bias { bias.withUnsafeBufferPointer { body(offset, $0) } }
        }
        let weights = model.weights
        if let embedding { show(weights.embedding, embedding) }
        if let positions, let matrix = weights.positions { show(matrix, positions) }
        if let perLayer, let own = weights.perLayer {
            show(own.embedding, perLayer.embedding)
            show(own.projection, perLayer.projection)
            show(own.norm, perLayer.norm)
        }
        if let head, head != embedding { show(weights.head, head) }
        show(weights.finalNorm, finalNorm)
        for (index, layer) in weights.layers.enumerated() {
            for projection in Projection.allCases {
                if let place = place(index, projection), let matrix = layer[projection] { show(matrix, place) }
            }
            for kind in BlockNorm.allCases {
                if let place = place(index, kind), let norm = layer[kind] { show(norm, place) }
            }
            if let place = kernels[index], let kernel = layer.kernel {
                kernel.weights.withUnsafeBufferPointer { body(place.offset, $0) }
            }
            if let (rate, bias) = decays[index], let decay = layer.decay {
                decay.rate.withUnsafeBufferPointer { body(rate.offset, $0) }
                decay.bias.withUnsafeBufferPointer { body(bias.offset, $0) }
            }
        }
    }
}
