/// What a job asks of its run's recipe; nil leaves a value to the pipeline.
package struct JobSettings: Codable, Hashable, Sendable {
    package enum Method: String, Codable, Hashable, Sendable, CaseIterable {
        /// Answers are learnt; of a row of two answers the preferred one.
        case supervised
        /// Rows of two answers are learnt as pairs (direct preference optimisation).
        case dpo
    }

    package var method: Method?
    package var epochs: Int?
    package var batchRows: Int?
    /// Multiplies the learning rate that the recipe would have.
    package var rateMultiplier: Double?
    package var beta: Double?
    package var seed: UInt64?

    package init() {}

    /// Puts what is asked for into a recipe; what was found of its values counts no more.
    ///
    /// A rate that is still to be found is multiplied when it is (``Run/rateMultiplier``).
    ///
    /// - Parameter notes: where values of the recipe come from, by key.
    package func apply(to recipe: inout Recipe, notes: inout [String: String]) {
        if let epochs {
            recipe.epochs = Double(epochs)
            notes["epochs"] = "n_epochs of the job"
        }
        if let batchRows {
            recipe.batchRows = batchRows
            notes["batch_rows"] = "batch_size of the job"
        }
        if let beta {
            recipe.beta = beta
            notes["beta"] = "beta of the job"
        }
        if let seed { recipe.seed = seed }
        switch method {
        case .supervised: recipe.objective = .completion
        case .dpo: recipe.objective = .auto
        case nil: break
        }
        if let rateMultiplier, let rate = recipe.learningRate {
            recipe.learningRate = rate * rateMultiplier
            let before = notes["learning_rate"] ?? "recipe.learning_rate"
            notes["learning_rate"] = before + Self.note(rateMultiplier)
        }
        recipe.keepInRange()
    }

    /// What a note on a rate says of a multiplier.
    package static func note(_ multiplier: Double) -> String {
        " × \(multiplier) (learning_rate_multiplier of the job)"
    }
}
