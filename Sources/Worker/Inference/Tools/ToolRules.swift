import Foundation
import Nouns
import WorkerProtocol

/// What a question says of tools, checked: which may be called, and whether one has to be.
struct ToolRules {
    let form: CallForm
    private let model: ShelvedModel
    /// What each tool's arguments have to be, where one has to be called.
    private var forced: [(name: String, schema: Schema)] = []
    private let names: Set<String>
    let mostCalls: Int

    var isForced: Bool { !forced.isEmpty }
    var reader: CallReader { CallReader(form, names: names) }

    /// Nil where no tool may be called. Throws a Failure that names what is wrong.
    init?(_ question: ServingQuestion, _ drawing: ServingDrawing, _ model: ShelvedModel) throws {
        let choice = drawing.toolChoice ?? .auto
        let tools = try Self.list(question.tools)
        guard !tools.isEmpty else {
            guard choice == .auto || choice == .none else {
                throw QuestionRules.missing("question.tools", "the tools of which one has to be called")
            }
            return nil
        }
        var functions: [(name: String, parameters: JSONValue)] = []
        for (index, tool) in tools.enumerated() {
            guard let function = tool["function"], let name = function["name"]?.stringValue, !name.isEmpty else {
                throw QuestionRules.missing("question.tools[\(index)].function.name", "the tool's name")
            }
            functions.append((name, function["parameters"] ?? .object(["type": "object"])))
        }
        form = try CallForm(model.encoder)
        self.model = model
        names = Set(functions.map(\.name))
        mostCalls = choice == .auto && drawing.parallelCalls != false ? .max : 1
        guard choice != .none else { return nil }
        guard choice != .auto else { return }
        if choice == .named {
            functions = functions.filter { $0.name == drawing.toolName }
            guard !functions.isEmpty else {
                throw Failure(
                    code: "request.value", "There is no tool '\(drawing.toolName ?? "")'.", at: "drawing.toolName",
                    remedy: "Name one of: \(names.sorted().joined(separator: ", ")).")
            }
        }
        forced = try functions.map { ($0.name, try SchemaReader.read(object($0.parameters))) }
    }

    /// The tools, which may be given as JSON text: the template then writes them in that order and spelling.
    private static func list(_ tools: JSONValue?) throws -> [JSONValue] {
        guard let text = tools?.stringValue else { return tools?.arrayValue ?? [] }
        guard let value = try? ContractCoding.decode(JSONValue.self, from: Data(text.utf8)), let list = value.arrayValue
        else { throw QuestionRules.missing("question.tools", "a list of tools") }
        return list
    }

    /// Lets an answer be nothing but one call; nil where none has to be made.
    func constraint() -> (any TokenConstraint)? {
        guard isForced else { return nil }
        let machines = forced.map { tool in
            JSONMachine(form.before + tool.name + form.between, tool.schema.root, form.after)
        }
        return JSONAnswer(machines, of: forced.map(\.schema), model.tokenizer, stopTokens: model.stopTokens)
    }

    /// Arguments are an object, whatever the schema leaves open.
    private func object(_ schema: JSONValue) -> JSONValue {
        guard var members = schema.objectValue, members["type"] == nil, members["$ref"] == nil,
            members["anyOf"] == nil, members["enum"] == nil, members["const"] == nil
        else { return schema }
        members["type"] = "object"
        return .object(members)
    }
}
