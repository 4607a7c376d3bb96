/// How rows with a preferred and a rejected answer are trained on.
package struct PreferenceRecipe: Codable, Hashable, Sendable {
    /// What a row of two answers is to training.
    package enum Objective: String, Codable, Hashable, Sendable, CaseIterable {
        /// A pair, which is trained on as one.
        case auto
        /// An ordinary answer, the preferred one; the rejected one is not looked at.
        case completion
    }

    /// The loss of a pair, as TRL names it.
    package enum Loss: String, Codable, Hashable, Sendable, CaseIterable {
        /// −log σ(β · margin) (Rafailov et al. 2023).
        case sigmoid
        /// (margin a token − 1 / 2β)² (Azar et al. 2023).
        case ipo
        /// −log σ(β · margin a token) (Meng et al. 2024 and Lambert et al. 2024 take lengths out in this way).
        case sigmoidNorm = "sigmoid_norm"
        /// max(0, 1 − β · margin) (Liu et al. 2023).
        case hinge
        /// The sigmoid loss without the bias of pairs that were labelled the wrong way round (Chowdhury et al. 2024).
        case robust
    }

    package var objective: Objective = .auto
    package var preferenceLoss: Loss = .sigmoid
    /// How much the log-ratio to the reference counts: a higher one stays closer to it.
    package var beta = 0.1
    /// The share of pairs that are taken to be labelled the wrong way round; for `robust`.
    package var preferenceSmoothing = 0.1
    /// The weight of the preferred answers' cross-entropy besides.
    package var sftWeight = 0.0

    package init() {}
}

extension Recipe {
    /// What a row of two answers is to training.
    package var objective: PreferenceRecipe.Objective {
        get { preference?.objective ?? .completion }
        set { change(\.objective, newValue) }
    }

    package var preferenceLoss: PreferenceRecipe.Loss {
        get { settled.preferenceLoss }
        set { change(\.preferenceLoss, newValue) }
    }

    package var beta: Double {
        get { settled.beta }
        set { change(\.beta, newValue) }
    }

    package var preferenceSmoothing: Double {
        get { settled.preferenceSmoothing }
        set { change(\.preferenceSmoothing, newValue) }
    }

    package var sftWeight: Double {
        get { settled.sftWeight }
        set { change(\.sftWeight, newValue) }
    }

    /// Whether rows of two answers are trained on as pairs.
    package var trainsPairs: Bool { objective != .completion }

    /// The values, which older recipes do not have, with the meaning that they had.
    private var settled: PreferenceRecipe {
        var older = PreferenceRecipe()
        older.objective = .completion
        return preference ?? older
    }

    /// Sets one value. An older recipe stays as it is where nothing changes.
    private mutating func change<Value: Equatable>(_ path: WritableKeyPath<PreferenceRecipe, Value>, _ value: Value) {
        var changed = settled
        guard changed[keyPath: path] != value else { return }
        changed[keyPath: path] = value
        preference = changed
    }
}
