import Nouns
import TOMLKit

extension SettingsFolder {
    /// The dimensions of `[experiment.search]`: `learning_rate = { log_uniform = [1e-5, 1e-2] }`, `rank = { choice =
    /// [8, 16] }`,
    /// `dropout = { uniform = [0, 0.3] }`, `last_layers = { int = [4, 30] }`. Every fault names the key, the value and
    /// the remedy.
    static func search(_ file: SettingsFile, _ settings: inout PipelineSettings) -> [Failure] {
        guard let node = file.table["experiment"]?.table?["search"] else { return [] }
        guard let table = node.table else {
            return [fault(file, "experiment.search", "is not a table of dimensions")]
        }
        var problems: [Failure] = []
        var dimensions: [SearchDimension] = []
        for name in table.keys.sorted() {
            let path = "experiment.search.\(name)"
            guard name == "base" || name == "replay_share" || Recipe.searchable[name] != nil else {
                let known = Array(Recipe.searchable.keys) + ["base", "replay_share"]
                problems.append(
                    Failure(
                        code: "settings.unknown_key", "'\(name)' cannot be searched.", at: file.place(path),
                        remedy: NearestName.question(name, among: known)
                            ?? "Use any of \(known.sorted().joined(separator: ", "))."))
                continue
            }
            guard let value = table[name]?.table, value.keys.count == 1, let kind = value.keys.first,
                let list = value[kind]?.array
            else {
                problems.append(
                    fault(
                        file, path,
                        """
                        is not one of { choice = […] }, { uniform = [low, high] }, { log_uniform = [low, high] }, \
                        { int = [low, high] }
                        """
                    ))
                continue
            }
            switch dimension(name, kind, list) {
            case .success(let dimension): dimensions.append(dimension)
            case .failure(let expected): problems.append(fault(file, path, expected.text))
            }
        }
        settings.experiment.search = dimensions
        settings.experiment.searchIsDefault = false
        if dimensions.isEmpty, problems.isEmpty {
            problems.append(fault(file, "experiment.search", "names nothing to search"))
        }
        return problems
    }

    private struct Expected: Error { var text: String }

    private static func dimension(_ name: String, _ kind: String, _ list: TOMLArray) -> Result<
        SearchDimension, Expected
    > {
        if kind == "choice" {
            var values: [JSONValue] = []
            for element in list {
                guard let value = plain(element), !values.contains(value) else {
                    return .failure(
                        Expected(text: "holds a value twice, or one that is neither a number, a text nor a flag"))
                }
                if let expected = refusal(name, value) {
                    return .failure(Expected(text: "holds a value that is not \(expected)"))
                }
                values.append(value)
            }
            return values.isEmpty
                ? .failure(Expected(text: "is an empty choice"))
                : .success(SearchDimension(name: name, kind: .choice(values)))
        }
        let form = Recipe.searchable[name]?.form
        if name == "base" || form.map(isText) == true {
            return .failure(Expected(text: "is no number, so it takes only { choice = […] }"))
        }
        let numbers = list.compactMap { $0.double ?? $0.int.map(Double.init) }
        guard numbers.count == 2, list.count == 2, numbers[0] < numbers[1] else {
            return .failure(Expected(text: "needs [low, high] with low below high"))
        }
        let dimension: SearchDimension
        switch kind {
        case "uniform": dimension = SearchDimension(name: name, kind: .uniform(numbers[0], numbers[1]))
        case "log_uniform":
            guard numbers[0] > 0 else { return .failure(Expected(text: "needs a low end above 0 for log_uniform")) }
            dimension = SearchDimension(name: name, kind: .logUniform(numbers[0], numbers[1]))
        case "int":
            guard let low = Int(exactly: numbers[0]), let high = Int(exactly: numbers[1]) else {
                return .failure(Expected(text: "needs whole numbers for int"))
            }
            dimension = SearchDimension(name: name, kind: .int(low, high))
        default:
            return .failure(Expected(text: "has the unknown kind '\(kind)'; use choice, uniform, log_uniform or int"))
        }
        if case .whole? = form, kind != "int" {
            return .failure(Expected(text: "is a whole number, so it takes { int = […] } or { choice = […] }"))
        }
        for end in numbers {
            let value: JSONValue = kind == "int" ? .integer(Int64(end)) : .number(end)
            if let expected = refusal(name, value) {
                return .failure(Expected(text: "reaches to a value that is not \(expected)"))
            }
        }
        return .success(dimension)
    }

    private static func isText(_ form: RecipeValue.Form) -> Bool {
        switch form {
        case .number, .whole: false
        case .flag, .choice, .some, .path, .day: true
        }
    }

    /// What a value should have been, or nil where it fits.
    private static func refusal(_ name: String, _ value: JSONValue) -> String? {
        switch name {
        case "base": return value.stringValue?.isEmpty == false ? nil : "the identifier of a base"
        case "replay_share":
            guard let share = value.doubleValue, (0...100).contains(share) else { return "a number from 0 to 100" }
            return nil
        default:
            return Recipe.searchable[name].flatMap { $0.accepts(value) ? nil : $0.expectation }
        }
    }

    /// A number, a text or a flag; nil for every other value.
    private static func plain(_ value: any TOMLValueConvertible) -> JSONValue? {
        value.array == nil && value.table == nil ? JSONValue(value) : nil
    }

    private static func fault(_ file: SettingsFile, _ path: String, _ what: String) -> Failure {
        Failure(
            code: "settings.value", "The key '\(path)' \(what).", at: file.place(path),
            remedy:
                "Write, for example, learning_rate = { log_uniform = [1e-5, 1e-2] } or rank = { choice = [8, 16, 32] }."
        )
    }
}
