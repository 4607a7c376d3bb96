import Tensors

/// A stretch of trainable numbers that the optimizer treats alike.
package struct ParameterGroup: Hashable, Sendable {
    package enum Role: Hashable, Sendable {
        /// The two factors of an adapter (Hu et al. 2022).
        case lowRankA, lowRankB
        /// A projection or an embedding.
        case matrix
        /// A norm or a bias, which weight decay leaves alone.
        case vector
    }

    package var role: Role
    package var offset: Int
    package var count: Int

    package init(_ role: Role, offset: Int, count: Int) {
        self.role = role
        self.offset = offset
        self.count = count
    }
}

/// What a run trains: flat numbers, and how a model is run with them. An adapter and a model's own weights are the two
/// kinds.
package protocol Trainable: AnyObject, Sendable {
    /// The numbers; gradients and the optimizer's moments are laid out alike.
    var values: FloatBuffer { get }
    /// Numbers in use; the buffer may be longer.
    var count: Int { get }
    /// Every number in exactly one group.
    var groups: [ParameterGroup] { get }
    /// A transformer that computes these numbers' gradients.
    func transformer(_ model: Model, team: ThreadTeam) throws -> Transformer
    /// Makes `transformer` see values that have changed.
    func publish(to transformer: Transformer)
}

extension Adapter: Trainable {
    package var groups: [ParameterGroup] {
        places.flatMap {
            [
                ParameterGroup(.lowRankA, offset: $0.a, count: $0.inner * layout.rank),
                ParameterGroup(.lowRankB, offset: $0.b, count: $0.outer * layout.rank),
            ]
        }
    }

    package func transformer(_ model: Model, team: ThreadTeam) throws -> Transformer {
        try Transformer(model, adapter: self, team: team, training: true)
    }

    // The transformer reads the factors where they are.
    package func publish(to transformer: Transformer) {}
}
