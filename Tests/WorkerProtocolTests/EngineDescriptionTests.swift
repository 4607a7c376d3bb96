import Foundation
import Nouns
import Testing
import WorkerProtocol

struct EngineDescriptionTests {
    static let whole = #"""
        {"protocol": 1, "tasks": ["train", "distil"], "architectures": ["llama"], "methods": ["lora"],
         "recipe": ["rank"], "largestModel": {"parameters": 8000000000}, "devices": ["cuda:0"],
         "versions": {"engine": "2.1"}, "mascot": "a heron"}
        """#

    @Test func aDescriptionOfALaterEngineIsRead() throws {
        let description = try EngineDescription.read(Data(Self.whole.utf8), of: "/engine")
        #expect(description.does(.train) && !description.does(.score))
        #expect(description.tasks == ["train", "distil"])
        #expect(description.largestModel == .init(parameters: 8_000_000_000))
        let again = try EngineDescription.read(try ContractCoding.encode(description), of: "/engine")
        #expect(again == description)
    }

    @Test(arguments: [
        ("", "engine.no_description"), ("usage: engine FILE", "engine.no_description"),
        (#"{"protocol": 1}"#, "engine.no_description"), (#"{"protocol": "1"}"#, "engine.no_description"),
        (#"{"protocol": 2}"#, "engine.protocol"), (#"{"protocol": 2, "tasks": {"train": {}}}"#, "engine.protocol"),
    ])
    func whatIsNoneIsRefusedByASentence(answer: String, code: String) {
        #expect { try EngineDescription.read(Data(answer.utf8), of: "/opt/engine") } throws: {
            let failure = $0 as? Failure
            return failure?.code == code && failure?.place == "/opt/engine" && failure?.remedy != nil
        }
    }

    @Test func theNamesOfARecipeAreThoseOfARequest() throws {
        var recipe = Recipe()
        recipe.lastLayers = 1
        recipe.maxLength = 1
        recipe.patience = 1
        recipe.template = RecipeTemplate(path: "/etc/finetuned/chat.jinja")
        recipe.templateDate = "2027-01-15"
        let written = try JSONDecoder().decode([String: JSONValue].self, from: ContractCoding.encode(recipe))
        #expect(EngineDescription.recipeKeys == written.keys.sorted())
    }
}
