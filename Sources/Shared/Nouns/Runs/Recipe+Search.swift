extension Recipe {
    /// The values that a search may vary, by name.
    package static let searchable: [String: RecipeValue] = Dictionary(
        RecipeTable.all.filter { $0.reach == .search }.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// The recipe with the values of one trial; unknown names (`base`) are left to the caller.
    ///
    /// Another rank keeps the adapter's scale (alpha / rank) unless alpha is among the values, so that the rank alone
    /// is compared.
    package func setting(_ values: [String: JSONValue]) -> Recipe {
        var recipe = self
        for (name, value) in values { _ = Self.searchable[name]?.set(value, in: &recipe) }
        if values["rank"] != nil, values["alpha"] == nil, rank > 0 {
            recipe.alpha = alpha * Double(recipe.rank) / Double(rank)
        }
        recipe.keepInRange()
        return recipe
    }
}
