import WeightFiles

/// How one file format keeps the tensors of a family: what each is called, and what is odd about its numbers.
package struct TensorLayout: Sendable {
    /// In front of every name but the output projection's; files of a bare model leave it out.
    package var root = ""
    package var embedding: String
    /// Learned positions, where the family has them.
    package var positions: String?
    package var finalNorm: String
    package var head: String
    /// The component of a name that the number of a block follows.
    package var blocks: String
    /// The linear layers of a block.
    package var projections: [Projection: String]
    /// The norms of a block, in the order in which they are written.
    package var norms: [(norm: BlockNorm, name: String)]
    /// The matrices that hold several linear layers of a block one after the other, in formats without a matrix for
    /// each.
    package var fused: [FusedMatrix] = []
    /// The kernel of a block's convolution, where some of the family's blocks have one.
    package var kernel: String?
    /// What gives blocks inputs of their own, where the family has them.
    package var perLayer: PerLayerNames?
    /// The whole name within a block of the number that its output is multiplied by, where the family has one.
    package var scalar: String?
    /// The whole names within a block of how the heads of the gated delta rule forget, in families that go by it.
    package var decay: (rate: String, bias: String)?
    /// Whether the format holds -exp(rate) in the place of the rate.
    package var isDecayExponential = false
    /// Whether the format has the heads of values tiled, where several share one of keys.
    package var isTiled = false
    /// Whether the matrices of blocks are kept as [in × out].
    package var isTransposed = false
    /// Projections whose rows the format orders by pairs of each head, for a rotary kernel that turns neighbours.
    package var interleaved: Set<Projection> = []
    /// What is added to a norm's stored weight to have what is multiplied; see ``offset(_:)``.
    package var normOffset: Float = 0

    /// What a name stands for.
    package enum Role: Hashable, Sendable {
        case embedding, positions, finalNorm, head
        case projection(layer: Int, Projection)
        /// Several linear layers in one, by its place in ``TensorLayout/fused``.
        case fused(layer: Int, Int)
        case norm(layer: Int, BlockNorm)
        case kernel(layer: Int)
        case decayRate(layer: Int), decayBias(layer: Int)
        case perLayerEmbedding, perLayerProjection, perLayerNorm
    }

    /// The names of what gives blocks inputs of their own.
    package struct PerLayerNames: Sendable {
        package let embedding: String
        package let projection: String
        package let norm: String
    }

    /// ``normOffset``, which does not go for the norm of what the gated delta rule gives.
    package func offset(_ norm: BlockNorm?) -> Float { norm == .mixed ? 0 : normOffset }

    /// What a tensor is, by its whole name, and whether it is the bias of that; nil for a name that the family does not
    /// have.
    package func role(ofTensor name: String) -> (role: Role, isBias: Bool)? {
        if let decay, let (layer, module) = block(name) {
            if module == decay.rate { return (.decayRate(layer: layer), false) }
            if module == decay.bias { return (.decayBias(layer: layer), false) }
        }
        for (ending, isBias) in [(".weight", false), (".bias", true)] where name.hasSuffix(ending) {
            return role(String(name.dropLast(ending.count))).map { ($0, isBias) }
        }
        return nil
    }

    /// The number of the block that a tensor is of; nil for those of no block.
    package func layer(of name: String) -> Int? { block(name)?.layer }

    /// The block that a name is of, and the rest of the name.
    private func block(_ name: String) -> (layer: Int, module: String)? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let marker = parts.firstIndex(where: { $0 == blocks }), marker + 2 < parts.count,
            let layer = Int(parts[marker + 1]), layer >= 0
        else { return nil }
        return (layer, parts[(marker + 2)...].joined(separator: "."))
    }

    /// The name of what a role stands for, without `.weight` or `.bias`, or whole where it has no such ending; nil
    /// where the format has no such tensor.
    package func name(_ role: Role) -> String? {
        switch role {
        case .embedding: root + embedding
        case .positions: positions.map { root + $0 }
        case .finalNorm: root + finalNorm
        case .head: head
        case .projection(let layer, let projection):
            fuses(projection) ? nil : projections[projection].map { prefix(layer) + $0 }
        case .fused(let layer, let index): fused.indices.contains(index) ? prefix(layer) + fused[index].name : nil
        case .norm(let layer, let norm): norms.first { $0.norm == norm }.map { prefix(layer) + $0.name }
        case .kernel(let layer): kernel.map { prefix(layer) + $0 }
        case .perLayerEmbedding: perLayer.map { root + $0.embedding }
        case .perLayerProjection: perLayer.map { root + $0.projection }
        case .perLayerNorm: perLayer.map { root + $0.norm }
        case .decayRate(let layer): decay.map { prefix(layer) + $0.rate }
        case .decayBias(let layer): decay.map { prefix(layer) + $0.bias }
        }
    }

    /// What a name without `.weight` or `.bias` stands for, with or without the root; nil for a name that the family
    /// does not have.
    package func role(_ name: String) -> Role? {
        if name == head { return .head }
        if let (layer, module) = block(name) {
            if let index = fused.firstIndex(where: { $0.name == module }) { return .fused(layer: layer, index) }
            if let found = norms.first(where: { $0.name == module }) { return .norm(layer: layer, found.norm) }
            if module == kernel { return .kernel(layer: layer) }
            return projections.first { $0.value == module }.map { .projection(layer: layer, $0.key) }
        }
        let own = name.hasPrefix(root) ? String(name.dropFirst(root.count)) : name
        switch own {
        case embedding: return .embedding
        case positions: return .positions
        case finalNorm: return .finalNorm
        case perLayer?.embedding: return .perLayerEmbedding
        case perLayer?.projection: return .perLayerProjection
        case perLayer?.norm: return .perLayerNorm
        default: return nil
        }
    }

    /// The block whose ``scalar`` a tensor is; nil for every other tensor's whole name.
    package func scalarLayer(_ name: String) -> Int? {
        guard let scalar, name.hasSuffix("." + scalar) else { return nil }
        let block = String(name.dropLast(scalar.count))
        guard let layer = Int(block.split(separator: ".").last ?? "") else { return nil }
        return block == prefix(layer) || root + block == prefix(layer) ? layer : nil
    }

    /// What the names of block `layer` begin with.
    package func prefix(_ layer: Int) -> String { "\(root)\(blocks).\(layer)." }

    /// The linear layers of a GGUF's first block that have a bias; a block that lacks one of them is refused later.
    func biased(in file: GGUFFile) -> Set<Projection> {
        Set(
            Projection.allCases.filter { projection in
                name(.projection(layer: 0, projection)).map { file.tensors[$0 + ".bias"] != nil } ?? false
            })
    }

    /// The end of a module's name that tells it apart from a block's other modules: `q_proj` of `self_attn.q_proj`, and
    /// all of `self_attn.out_proj` where a convolution has an `out_proj` too.
    func shortModule(_ name: String) -> String {
        func last(_ module: String) -> String { module.split(separator: ".").last.map(String.init) ?? module }
        let alike = Set(projections.values).filter { last($0) == last(name) }
        guard alike.count > 1, let whole = alike.first(where: { name.hasSuffix("." + $0) }) else { return last(name) }
        return whole
    }

    /// Whether a projection is part of a fused matrix.
    package func fuses(_ projection: Projection) -> Bool { fused.contains { $0.parts.contains(projection) } }

    /// What holds a projection: its own matrix, or one that it is a part of.
    package func role(of projection: Projection, layer: Int) -> Role {
        fused.firstIndex { $0.parts.contains(projection) }.map { .fused(layer: layer, $0) }
            ?? .projection(layer: layer, projection)
    }
}

/// A matrix of a file that holds several linear layers of a block, one after the other.
package struct FusedMatrix: Hashable, Sendable {
    /// Its name within the block.
    package let name: String
    /// What it holds, in its order.
    package let parts: [Projection]

    package init(_ name: String, _ parts: [Projection]) {
        self.name = name
        self.parts = parts
    }
}

extension TensorLayout {
    /// The names that transformers gives to Llama's tensors, and to those of most families since.
    static let transformers = TensorLayout(
        root: "model.", embedding: "embed_tokens", finalNorm: "norm", head: "lm_head", blocks: "layers",
        projections: [
            .q: "self_attn.q_proj", .k: "self_attn.k_proj", .v: "self_attn.v_proj", .o: "self_attn.o_proj",
            .gate: "mlp.gate_proj", .up: "mlp.up_proj", .down: "mlp.down_proj",
        ],
        norms: [(.attention, "input_layernorm"), (.feedForward, "post_attention_layernorm")])

    /// The names that llama.cpp gives to the tensors of every family. Source: llama.cpp `gguf-py/gguf/constants.py`.
    static let llamaCpp = TensorLayout(
        embedding: "token_embd", finalNorm: "output_norm", head: "output", blocks: "blk",
        projections: [
            .q: "attn_q", .k: "attn_k", .v: "attn_v", .o: "attn_output", .gate: "ffn_gate", .up: "ffn_up",
            .down: "ffn_down",
        ],
        norms: [(.attention, "attn_norm"), (.feedForward, "ffn_norm")])

    /// The norms over heads as transformers calls them.
    static let transformersHeadNorms: [(norm: BlockNorm, name: String)] = [
        (.query, "self_attn.q_norm"), (.key, "self_attn.k_norm"),
    ]
    /// The norms over heads as llama.cpp calls them.
    static let llamaCppHeadNorms: [(norm: BlockNorm, name: String)] = [(.query, "attn_q_norm"), (.key, "attn_k_norm")]

    /// The same with some things changed.
    func with(_ change: (inout TensorLayout) -> Void) -> TensorLayout {
        var result = self
        change(&result)
        return result
    }
}
