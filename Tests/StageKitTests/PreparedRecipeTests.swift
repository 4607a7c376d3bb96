import Foundation
import Ledger
import Logging
import Nouns
import Settings
import TestSupport
import Testing

@testable import StageKit

/// What a run keeps of its recipe's template, and of the day that the template prints.
struct PreparedRecipeTests {
    let sandbox: Sandbox
    let context: StageContext
    let card = BaseCard(
        id: "b", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1, width: 1,
        vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc", trainingMemoryBytes: 1)

    init() throws {
        sandbox = try Sandbox()
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder.read(sandbox.layout)), logger: Logger(label: "test"))
    }

    private func template(_ text: String) throws -> RecipeTemplate {
        let path = sandbox.root + "/t.jinja"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return RecipeTemplate(path: path)
    }

    @Test func theTextOfTheFileIsKeptWithTheRun() throws {
        var recipe = Recipe()
        recipe.template = try template("one")
        let kept = try context.prepared(recipe, card)
        #expect(kept.template?.text == "one" && kept.templateDate == nil)
        // What became of the file since does not matter.
        _ = try template("two")
        #expect(try context.prepared(kept, card) == kept)
        let model = context.modelReference(card, recipe: kept)
        #expect(model.template == "one" && model.date == nil)
        #expect(try ContractCoding.decode(Recipe.self, from: ContractCoding.encode(kept)) == kept)
    }

    @Test func aFileThatCannotBeReadIsNamed() throws {
        var recipe = Recipe()
        recipe.template = RecipeTemplate(path: sandbox.root + "/none.jinja")
        let failure = #expect(throws: Failure.self) { try context.prepared(recipe, card) }
        #expect(failure?.code == "recipe.template" && failure?.place?.hasSuffix("none.jinja") == true)
    }

    @Test func aTemplateThatPrintsTheDateGetsTheDayOfTheRun() throws {
        var recipe = Recipe()
        recipe.template = try template("{{ strftime_now('%Y') }}")
        let today = try #require(try context.prepared(recipe, card).templateDate)
        #expect(TemplateDay.seconds(today) != nil)
        recipe.templateDate = "2026-07-26"
        #expect(try context.prepared(recipe, card).templateDate == "2026-07-26")
        // The base's own template prints it too, where its card says so; a recipe without either says nothing.
        recipe.template = nil
        #expect(try context.prepared(recipe, card).templateDate == nil)
        var dated = card
        dated.printsDate = true
        #expect(try context.prepared(recipe, dated).templateDate == "2026-07-26")
        #expect(context.modelReference(dated, recipe: try context.prepared(recipe, dated)).date == "2026-07-26")
        #expect(String(decoding: try ContractCoding.encode(Recipe()), as: UTF8.self).contains("template") == false)
    }

    @Test(arguments: ["2027-02-29", "2027-13-01", "2027-04-31", "27-04-01", "today", ""])
    func whatIsNoDayIsNone(text: String) { #expect(TemplateDay.seconds(text) == nil) }

    @Test func aDayIsTheSameInEveryZone() throws {
        let seconds = try #require(TemplateDay.seconds("2028-02-29"))
        var time = time_t(seconds)
        var parts = tm()
        localtime_r(&time, &parts)
        #expect((parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_hour) == (128, 1, 29, 12))
    }
}
