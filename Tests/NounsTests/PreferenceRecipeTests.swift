import Foundation
import Nouns
import Testing

/// What a recipe says of pairs, also one from before it said anything.
struct PreferenceRecipeTests {
    /// A recipe as it was stored before pairs had a loss of their own.
    private func older() throws -> (recipe: Recipe, bytes: Data) {
        var recipe = Recipe()
        recipe.preference = nil
        let bytes = try ContractCoding.encode(recipe)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("preference"))
        return (try ContractCoding.decode(Recipe.self, from: bytes), bytes)
    }

    @Test func anOlderRecipeMeansWhatItMeantAndKeepsItsBytes() throws {
        let (recipe, bytes) = try older()
        #expect(recipe.objective == .completion && !recipe.trainsPairs && recipe.preference == nil)
        #expect(try ContractCoding.encode(recipe) == bytes)
        try recipe.check()
        // Setting what it already means changes nothing either.
        var same = recipe
        for value in RecipeTable.all {
            #expect(value.set(value.read(recipe), in: &same) == nil || value.absence != nil)
        }
        same.keepInRange()
        #expect(try ContractCoding.encode(same) == bytes)
    }

    @Test func aNewRecipeTrainsOnPairs() throws {
        var recipe = Recipe()
        #expect(recipe.trainsPairs && recipe.preferenceLoss == .sigmoid && recipe.beta == 0.1 && recipe.sftWeight == 0)
        recipe.objective = .completion
        #expect(try ContractCoding.decode(Recipe.self, from: ContractCoding.encode(recipe)) == recipe)
        #expect(!recipe.trainsPairs && recipe.preference != nil)
    }

    /// Every value with its range; `beta` is a dimension of a search.
    @Test(arguments: [
        ("beta", JSONValue.number(0), false), ("beta", .number(-0.1), false), ("beta", .number(2.01), false),
        ("beta", .number(2), true), ("beta", .number(0.01), true), ("beta", .number(.nan), false),
        ("preference_smoothing", .number(0.5), false), ("preference_smoothing", .number(-0.01), false),
        ("preference_smoothing", .number(0), true), ("preference_smoothing", .number(0.49), true),
        ("sft_weight", .number(-1), false), ("sft_weight", .number(1), true),
        ("preference_loss", .string("kto"), false), ("preference_loss", .string("sigmoid_norm"), true),
        ("objective", .string("pairs"), false), ("objective", .string("completion"), true),
    ])
    func valuesAreCheckedByTheTable(name: String, value: JSONValue, isGood: Bool) throws {
        let entry = try #require(RecipeTable.value(name))
        var recipe = Recipe()
        #expect((entry.set(value, in: &recipe) == nil) == isGood)
        #expect(entry.reach == (name == "objective" ? .settings : .search))
        if isGood { #expect(entry.read(recipe) == value) }
    }

    @Test func aBetaThatNoTableAllowsIsRefusedByName() {
        var recipe = Recipe()
        recipe.beta = 0
        let failure = #expect(throws: Failure.self) { try recipe.check() }
        #expect(failure?.code == "recipe.beta" && failure?.place == "recipe.beta")
    }
}
