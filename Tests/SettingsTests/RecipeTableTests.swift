import Foundation
import Nouns
import Settings
import TestSupport
import Testing

/// The table of recipe values and its views: settings, searches, checks and pages.
struct RecipeTableTests {
    /// Settings read from a file whose `[recipe]` has one line.
    private func read(_ line: String) throws -> (PipelineSettings, [Failure]) {
        let sandbox = try Sandbox()
        let path = sandbox.layout.pipelineFile("p")
        try "base = \"b\"\n[recipe]\n\(line)\n".write(toFile: path, atomically: true, encoding: .utf8)
        return try SettingsFolder.pipeline(path)
    }

    /// Values at both ends of the range, and just outside.
    private static func ends(_ value: RecipeValue) -> (inside: [JSONValue], outside: [JSONValue]) {
        switch value.form {
        case .number(let range):
            (
                [.number(range.lowerBound), .number(range.upperBound)],
                [.number(range.lowerBound.nextDown), .number(range.upperBound.nextUp), .string("x"), .number(.nan)]
            )
        case .whole(let range):
            (
                [.integer(Int64(range.lowerBound)), .integer(Int64(range.upperBound))],
                [.integer(Int64(range.lowerBound) - 1), .integer(Int64(range.upperBound) + 1), .number(1.5)]
            )
        case .flag: ([.bool(true), .bool(false)], [.integer(1), .string("true")])
        case .choice(let texts): (texts.map { .string($0) }, [.string("?"), .integer(0)])
        case .some(let texts):
            ([.array(texts.map { .string($0) }), .array([.string(texts[0])])], [.array([]), .array([.string("?")])])
        case .path: ([.string("/t.jinja")], [.string("t.jinja"), .integer(1)])
        case .day:
            ([.string("2028-02-29"), .string("1970-01-01")], [.string("2027-02-29"), .string("today"), .integer(1)])
        }
    }

    private static func toml(_ value: JSONValue) -> String {
        switch value {
        case .number(let number): number.isNaN ? "nan" : "\(number)"
        case .integer(let number): "\(number)"
        case .bool(let flag): "\(flag)"
        case .string(let text): "\"\(text)\""
        case .array(let list): "[" + list.map(toml).joined(separator: ", ") + "]"
        default: "[]"
        }
    }

    @Test(arguments: RecipeTable.all.map(\.name))
    func settingsAndCheckTakeBothEndsAndRefuseWhatIsOutside(name: String) throws {
        let value = try #require(RecipeTable.value(name))
        let (inside, outside) = Self.ends(value)
        for good in inside {
            var recipe = Recipe()
            #expect(value.set(good, in: &recipe) == nil && value.read(recipe) == good)
            #expect(throws: Never.self) { try recipe.check() }
            guard value.reach != .fixed else { continue }
            let (settings, problems) = try read("\(name) = \(Self.toml(good))")
            #expect(problems.isEmpty, "\(name) = \(good): \(problems)")
            #expect(value.read(settings.recipe) == good)
        }
        for bad in outside {
            var recipe = Recipe()
            #expect(value.set(bad, in: &recipe) == value.expectation && recipe == Recipe(), "\(name) = \(bad)")
            let (_, problems) = try read("\(name) = \(Self.toml(bad))")
            #expect(problems.count == 1, "\(name) = \(bad)")
        }
    }

    @Test(arguments: RecipeTable.all.map(\.name))
    func theCheckNamesTheValueThatARequestHasWrong(name: String) throws {
        let value = try #require(RecipeTable.value(name))
        // What no view sets, a request may still hold: it is made as a request is read.
        var object = try #require(
            try ContractCoding.decode(JSONValue.self, from: ContractCoding.encode(Recipe())).objectValue)
        let key = try #require(Self.properties.first { Self.plain($0) == Self.plain(name) })
        for bad in Self.ends(value).outside {
            if case .number(let number) = bad, number.isNaN { continue }
            if Self.ofPairs.contains(key) {
                var pairs = try #require(object["preference"]?.objectValue)
                pairs[key] = bad
                object["preference"] = .object(pairs)
            } else {
                object[key] = bad
            }
            guard
                let recipe = try? ContractCoding.decode(
                    Recipe.self, from: ContractCoding.encode(JSONValue.object(object)))
            else { continue }
            let failure = #expect(throws: Failure.self, "\(name) = \(bad)") { try recipe.check() }
            #expect(failure?.code == "recipe.\(name)")
        }
    }

    /// The properties of a recipe, those for pairs among them.
    private static var properties: [String] {
        Mirror(reflecting: Recipe()).children.compactMap(\.label).filter { $0 != "preference" } + ofPairs
    }
    private static var ofPairs: [String] { Mirror(reflecting: PreferenceRecipe()).children.compactMap(\.label) }
    private static func plain(_ name: String) -> String { name.replacing("_", with: "").lowercased() }

    @Test func everyPropertyOfARecipeHasARow() {
        let rows = Set(RecipeTable.all.map { Self.plain($0.name) })
        #expect(rows == Set(Self.properties.map(Self.plain)).subtracting(["seed"]))
        #expect(rows.count == RecipeTable.all.count)
    }

    @Test func theSearchTakesBothEnds() throws {
        for value in RecipeTable.all {
            let sandbox = try Sandbox()
            let path = sandbox.layout.pipelineFile("p")
            let (inside, outside) = Self.ends(value)
            for (list, isRight) in [(inside, value.reach == .search), (outside, false)] {
                for one in list {
                    let text = "base = \"b\"\n[experiment.search]\n\(value.name) = { choice = [\(Self.toml(one))] }\n"
                    try text.write(toFile: path, atomically: true, encoding: .utf8)
                    #expect(try SettingsFolder.pipeline(path).1.isEmpty == isRight, "\(value.name) = \(one)")
                }
            }
        }
    }

    @Test func derivedNumbersStayInTheirRange() {
        var recipe = Recipe()
        recipe.alpha = 10_000
        recipe.rank = 1
        let wider = recipe.setting(["rank": 1024])
        #expect(wider.alpha == 10_000 && wider.rank == 1024)
        var slow = Recipe()
        slow.learningRate = 1e-12
        slow.keepInRange()
        #expect(slow.learningRate == 1e-9)
        var whole = Recipe()
        whole.keepInRange()
        #expect(whole == Recipe())
    }

    @Test func thePageListsEveryValue() throws {
        let rows = RecipeTable.all.map { value in
            let range =
                switch value.form {
                case .number(let range):
                    "\(RecipeValue.text(range.lowerBound)) to \(RecipeValue.text(range.upperBound))"
                case .whole(let range): "\(range.lowerBound) to \(range.upperBound)"
                case .flag: "true, false"
                case .choice(let texts), .some(let texts): texts.joined(separator: ", ")
                case .path: "a path"
                case .day: "a day"
                }
            return [
                "`\(value.name)`" + (value.reach == .fixed ? " (fixed)" : ""),
                value.canBeFound ? "\"auto\"" : value.defaultText(),
                range + (value.unit.map { " \($0)" } ?? ""), value.reach == .search ? "yes" : "",
                value.source,
            ]
        }
        let head = ["value", "default", "range", "searched", "where the default comes from"]
        let difference = try PageTable("docs/recipes.md", under: "## Defaults").difference([head] + rows)
        #expect(difference == nil)
    }
}
