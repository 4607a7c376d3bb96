extension Recipe {
    /// What a search may vary, by the names of the settings: a getter, and a setter that says what it expected where a
    /// value does not fit.
    package struct SearchKey: Sendable {
        package let get: @Sendable (Recipe) -> JSONValue
        package let set: @Sendable (inout Recipe, JSONValue) -> String?
    }

    /// Every search dimension of the recipe.
    package static let searchable: [String: SearchKey] = [
        "learning_rate": SearchKey(
            get: { $0.learningRate.map { .number($0) } ?? .null },
            set: { recipe, value in
                guard let rate = value.doubleValue, rate >= 1e-9, rate <= 10 else { return "a number from 1e-9 to 10" }
                recipe.learningRate = rate
                return nil
            }),
        "alpha": number(\.alpha, 0.01...10_000), "adapter_dropout": number(\.adapterDropout, 0...0.95),
        "dropout": number(\.dropout, 0...0.95),
        "weight_decay": number(\.weightDecay, 0...10), "label_smoothing": number(\.labelSmoothing, 0...0.99),
        "neftune_alpha": number(\.neftuneAlpha, 0...100), "start_decay": number(\.startDecay, 0...10),
        "epochs": number(\.epochs, 0.01...1000),
        "warmup_ratio": number(\.warmupRatio, 0...1), "lora_plus_ratio": number(\.loraPlusRatio, 1...100),
        "rank": whole(\.rank, 1...1024), "batch_rows": whole(\.batchRows, 1...65_536),
        "last_layers": SearchKey(
            get: { $0.lastLayers.map { .integer(Int64($0)) } ?? .null },
            set: { recipe, value in
                guard let count = wholeValue(value), (1...4096).contains(count) else {
                    return "a whole number from 1 to 4096"
                }
                recipe.lastLayers = count
                return nil
            }),
        "patience": SearchKey(
            get: { $0.patience.map { .integer(Int64($0)) } ?? .null },
            set: { recipe, value in
                guard let count = wholeValue(value), (1...1_000_000).contains(count) else {
                    return "a whole number from 1 to 1000000"
                }
                recipe.patience = count
                return nil
            }),
        "schedule": SearchKey(
            get: { .string($0.schedule.rawValue) },
            set: { recipe, value in
                guard let schedule = value.stringValue.flatMap(Schedule.init(rawValue:)) else {
                    return "one of \(Schedule.allCases.map(\.rawValue).joined(separator: ", "))"
                }
                recipe.schedule = schedule
                return nil
            }),
    ]

    /// The recipe with the values of one trial; unknown names (`base`) are left to the caller.
    ///
    /// Another rank keeps the adapter's scale (alpha / rank) unless alpha is among the values, so that the rank alone
    /// is compared.
    package func setting(_ values: [String: JSONValue]) -> Recipe {
        var recipe = self
        for (name, value) in values { _ = Self.searchable[name]?.set(&recipe, value) }
        if values["rank"] != nil, values["alpha"] == nil, rank > 0 {
            recipe.alpha = alpha * Double(recipe.rank) / Double(rank)
        }
        return recipe
    }

    private static func number(_ path: WritableKeyPath<Recipe, Double> & Sendable, _ range: ClosedRange<Double>)
        -> SearchKey
    {
        SearchKey(
            get: { .number($0[keyPath: path]) },
            set: { recipe, value in
                guard let number = value.doubleValue, range.contains(number) else {
                    return "a number from \(range.lowerBound) to \(range.upperBound)"
                }
                recipe[keyPath: path] = number
                return nil
            })
    }

    private static func whole(_ path: WritableKeyPath<Recipe, Int> & Sendable, _ range: ClosedRange<Int>) -> SearchKey {
        SearchKey(
            get: { .integer(Int64($0[keyPath: path])) },
            set: { recipe, value in
                guard let count = wholeValue(value), range.contains(count) else {
                    return "a whole number from \(range.lowerBound) to \(range.upperBound)"
                }
                recipe[keyPath: path] = count
                return nil
            })
    }

    private static func wholeValue(_ value: JSONValue) -> Int? {
        switch value {
        case .integer(let number): Int(exactly: number)
        case .number(let number): Int(exactly: number)
        default: nil
        }
    }
}
