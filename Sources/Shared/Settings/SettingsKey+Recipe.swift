import Nouns
import TOMLKit

extension SettingsKey<PipelineSettings> {
    /// The key of a value of the recipe, as the recipe's table declares it.
    static func recipe(_ value: RecipeValue) -> Self {
        let isWhole = if case .whole = value.form { true } else { false }
        return Self(
            path: "recipe.\(value.name)", kind: kind(value), documentation: value.about, fallback: fallback(value),
            read: { settings in
                let current = value.read(settings.recipe)
                if value.canBeFound, value.name == "epochs" ? settings.automaticEpochs : current == .null {
                    return .string("auto")
                }
                // Not a literal nil, which would be JSON's null.
                return current == .null ? JSONValue?.none : current
            }
        ) { settings, given in
            let isFound = value.canBeFound && given.string == "auto"
            if value.name == "epochs" { settings.automaticEpochs = isFound }
            if isFound {
                value.remove(from: &settings.recipe)
                return nil
            }
            guard let json = JSONValue(given), !isWhole || given.int != nil,
                value.set(json, in: &settings.recipe) == nil
            else { return value.expectation + (value.canBeFound ? ", or \"auto\"" : "") }
            return nil
        }
    }

    private static func kind(_ value: RecipeValue) -> String {
        switch value.form {
        case .number: "number" + (value.canBeFound ? " or \"auto\"" : "")
        case .whole: "whole number"
        case .flag: "true or false"
        case .choice: value.expectation
        case .some: "list of texts"
        case .path, .day: "text"
        }
    }

    private static func fallback(_ value: RecipeValue) -> String {
        value.canBeFound ? "\"auto\"" : value.defaultText(quoted: true)
    }
}
