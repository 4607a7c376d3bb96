import Tensors
import Transformers

/// A base as the engine runs it; its weights are in memory once for all that was trained on it.
package final class EngineBase {
    package let transformer: Transformer
    let pages: KeyValuePages

    /// - Parameters:
    ///   - model: a base, or the weights that full fine-tuning made.
    ///   - budget: what the pages of all bases may take together.
    package init(_ model: Model, team: ThreadTeam, budget: PageBudget) throws {
        transformer = try Transformer(model, team: team)
        pages = KeyValuePages(model.configuration, budget: budget)
    }
}

/// A version as the engine runs it: a base, and what is added to it.
package final class EngineModel {
    package let base: EngineBase
    package let adapter: Adapter?
    /// What the cache of prefixes keeps it apart by: its content.
    package let key: String

    package init(_ base: EngineBase, adapter: Adapter? = nil, key: String) {
        self.base = base
        self.adapter = adapter
        self.key = key
    }
}
