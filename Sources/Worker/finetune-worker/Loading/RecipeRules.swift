import Nouns

/// The ranges outside which a recipe's numbers mean nothing; checked before anything is loaded.
enum RecipeRules {
    /// Throws ``WorkerFault`` with ``WorkerExit/badRequest`` naming the key, its value and the range.
    static func check(_ recipe: Recipe) throws {
        func whole(_ key: String, _ value: Int, _ range: ClosedRange<Int>) throws {
            guard range.contains(value) else {
                throw fault(key, "\(value)", "\(range.lowerBound) to \(range.upperBound)")
            }
        }
        func number(_ key: String, _ value: Double, _ range: ClosedRange<Double>) throws {
            // NaN is in no range.
            guard range.contains(value) else {
                throw fault(key, "\(value)", "\(range.lowerBound) to \(range.upperBound)")
            }
        }
        try whole("rank", recipe.rank, 1...1024)
        try number("alpha", recipe.alpha, 1e-6...1e6)
        if let layers = recipe.lastLayers { try whole("last_layers", layers, 1...4096) }
        try number("adapter_dropout", recipe.adapterDropout, 0...0.95)
        try number("dropout", recipe.dropout, 0...0.95)
        try number("lora_plus_ratio", recipe.loraPlusRatio, 1e-3...1e3)
        if let rate = recipe.learningRate { try number("learning_rate", rate, 1e-12...10) }
        try number("warmup_ratio", recipe.warmupRatio, 0...1)
        try number("min_learning_rate_ratio", recipe.minLearningRateRatio, 0...1)
        try number("epochs", recipe.epochs, 1e-3...10_000)
        try whole("batch_rows", recipe.batchRows, 1...65_536)
        try whole("max_length", recipe.maxLength, 2...1 << 20)
        try number("weight_decay", recipe.weightDecay, 0...10)
        try number("beta1", recipe.beta1, 0...0.999_999)
        try number("beta2", recipe.beta2, 0...0.999_999_9)
        try number("epsilon", recipe.epsilon, 1e-20...1)
        try number("clip_norm", recipe.clipNorm, 0...1e6)
        try number("label_smoothing", recipe.labelSmoothing, 0...0.9)
        try number("neftune_alpha", recipe.neftuneAlpha, 0...1000)
        try number("start_decay", recipe.startDecay, 0...10)
        try whole("evaluate_every_steps", recipe.evaluateEverySteps, 0...1 << 30)
        if let patience = recipe.patience { try whole("patience", patience, 1...1 << 20) }
        try whole("checkpoint_every_steps", recipe.checkpointEverySteps, 1...1 << 30)
        if recipe.targets.isEmpty { throw fault("targets", "empty", "one or more of q, k, v, o, gate, up, down") }
    }

    private static func fault(_ key: String, _ value: String, _ range: String) -> WorkerFault {
        WorkerFault(
            .badRequest,
            Failure(
                code: "recipe.\(key)", "\(key) is \(value), which is not in the range of \(range).",
                at: "recipe.\(key)",
                remedy: "Set it to \(range) in the pipeline's recipe."))
    }
}
