import Encoding
import Foundation
import ModelLoading
import Nouns
import Synchronization
import Tensors
import Tokenization
import Transformers

/// A model that can be asked.
struct ShelvedModel: @unchecked Sendable {
    /// The engine's thread alone runs it.
    let engine: EngineModel
    let encoder: RowEncoder
    let stopTokens: Set<Int32>
    var tokenizer: Tokenizer { encoder.tokenizer }
    var key: String { engine.key }
    var hasTemplate: Bool { encoder.encoder.template != nil }
}

/// The models that are loaded: weights of a base once for all that was trained on it, for as long as somebody uses one
/// of these; those of the newest base stay, since the next model is most likely one of it.
///
/// Any thread may ask; one at a time loads.
final class ModelShelf: @unchecked Sendable {
    /// A base, and what its files say of text.
    private struct Base {
        let loaded: LoadedModel
        let engine: EngineBase
    }

    private struct State {
        var models: [String: ShelvedModel] = [:]
        /// Asked last comes last.
        var order: [String] = []
    }

    /// Models that are kept though nobody asks them.
    private static let kept = 16

    private let team: ThreadTeam
    private let budget: PageBudget
    private let state = Mutex(State())
    // Only whoever holds `loading` touches these.
    private let loading = NSLock()
    private var bases: [String: Base] = [:]
    private var newestBase = ""
    /// Every model that was given out, while somebody has it.
    private var given: [Given] = []

    private struct Given {
        weak var model: EngineModel?
    }

    init(team: ThreadTeam, budget: PageBudget) {
        self.team = team
        self.budget = budget
    }

    /// The content that tells a model apart from every other.
    static func key(_ reference: ModelReference) -> String {
        let base = reference.baseDigest.isEmpty ? reference.basePath : reference.baseDigest
        let asked = [reference.template, reference.date].compactMap { $0 }
        return ([base] + reference.adapters.map { $0.sha256.isEmpty ? $0.path : $0.sha256 } + asked)
            .joined(separator: "+")
    }

    var keys: [String] { state.withLock { $0.models.keys.sorted() } }

    /// A model that is loaded.
    func loaded(_ reference: ModelReference) -> ShelvedModel? {
        let key = Self.key(reference)
        return state.withLock { state in
            guard let model = state.models[key] else { return nil }
            state.order.removeAll { $0 == key }
            state.order.append(key)
            return model
        }
    }

    /// Loads a model unless it is; returns what had to make room for it as well.
    func load(_ reference: ModelReference) throws -> (model: ShelvedModel, dropped: [String]) {
        loading.lock()
        defer { loading.unlock() }
        if let model = loaded(reference) { return (model, []) }
        let model = try read(reference)
        let dropped = state.withLock { state in
            state.models[model.key] = model
            state.order.append(model.key)
            let dropped = Array(state.order.dropLast(Self.kept))
            for key in dropped { state.models[key] = nil }
            state.order.removeFirst(dropped.count)
            return dropped
        }
        forgetBases()
        return (model, dropped)
    }

    /// Lets a model go; whoever holds it goes on with it.
    func unload(_ reference: ModelReference) {
        loading.lock()
        defer { loading.unlock() }
        let key = Self.key(reference)
        state.withLock { state in
            state.models[key] = nil
            state.order.removeAll { $0 == key }
        }
        forgetBases()
    }

    private func read(_ reference: ModelReference) throws -> ShelvedModel {
        let whole = reference.adapters.lastIndex(where: LoadedModel.isWhole)
        var stem = reference
        stem.adapters = whole.map { Array(reference.adapters[...$0]) } ?? []
        // How it is asked is the model's own; the weights are shared.
        (stem.template, stem.date) = (nil, nil)
        let baseKey = Self.key(stem)
        newestBase = baseKey
        let base: Base
        if let known = bases[baseKey] {
            base = known
        } else {
            let loaded = try LoadedModel(stem, interruption: {})
            base = Base(loaded: loaded, engine: try EngineBase(loaded.model, team: team, budget: budget))
            bases[baseKey] = base
        }
        let rest = Array(reference.adapters[stem.adapters.count...])
        let (_, adapter) = try LoadedModel.trained(rest, on: base.loaded.model, interruption: {})
        let encoder = try base.loaded.encoder(for: reference)
        let model = EngineModel(base.engine, adapter: adapter, key: Self.key(reference))
        given.append(Given(model: model))
        return ShelvedModel(engine: model, encoder: encoder, stopTokens: Set(encoder.encoder.stopTokens()))
    }

    /// Lets bases go that nobody uses any more.
    func tidy() {
        loading.lock()
        defer { loading.unlock() }
        forgetBases()
    }

    private func forgetBases() {
        given.removeAll { $0.model == nil }
        let used = Set(given.compactMap { $0.model.map { ObjectIdentifier($0.base) } })
        bases = bases.filter { $0.key == newestBase || used.contains(ObjectIdentifier($0.value.engine)) }
    }

    /// How many bases are in memory.
    var baseCount: Int { loading.withLock { bases.count } }
}
