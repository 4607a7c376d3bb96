import Nouns
import WorkerProtocol

/// Reads which tools may be called, and what an answer has to be.
enum WireTools {
    private enum Choice: String, CaseIterable { case none, auto, required }
    private enum Format: String, CaseIterable { case text, json_object, json_schema }

    /// The tools as JSON text, in the order and spelling in which they were sent; and in `drawing`, which has to be
    /// called. Throws a Failure that names the member at fault.
    static func read(_ body: WireObject, _ drawing: inout ServingDrawing) throws -> String? {
        let tools = try body.list("tools") ?? []
        drawing.parallelCalls = try body.truth("parallel_tool_calls")
        let kinds: [BodyField.Kind] = [.choice(Choice.allCases.map(\.rawValue)), .table]
        switch body.any("tool_choice", as: .oneOf(kinds)) {
        case nil: break
        case .object(let members)?:
            drawing.toolName = try name(WireObject(.object(members), at: body.place("tool_choice")))
            drawing.toolChoice = .named
        case .string?:
            drawing.toolChoice = try body.choice("tool_choice", Choice.self)
                .flatMap { ServingToolChoice(rawValue: $0.rawValue) }
        case let other?: throw WireFault.type(body.place("tool_choice"), other, wanted: "a text or an object")
        }
        let isForced = drawing.toolChoice == .required || drawing.toolChoice == .named
        for (index, tool) in tools.enumerated() {
            try check(WireObject(tool, at: "\(body.place("tools"))[\(index)]"), isForced: isForced)
        }
        guard !tools.isEmpty else {
            guard !isForced else { throw WireFault.missing(body.place("tools")) }
            return nil
        }
        return try body.spelling("tools")
    }

    private static func name(_ choice: WireObject) throws -> String {
        let kind = try choice.requiredText("type")
        guard kind == "function" else { throw WireFault.value(choice.place("type"), kind, allowed: ["function"]) }
        guard let function = try choice.object("function") else { throw WireFault.missing(choice.place("function")) }
        return try function.requiredText("name")
    }

    private static func check(_ tool: WireObject, isForced: Bool) throws {
        let kind = try tool.requiredText("type")
        guard kind == "function" else { throw WireFault.value(tool.place("type"), kind, allowed: ["function"]) }
        guard let function = try tool.object("function") else { throw WireFault.missing(tool.place("function")) }
        guard try !function.requiredText("name").isEmpty else { throw WireFault.missing(function.place("name")) }
        _ = try function.object("parameters")
        guard try function.truth("strict") == true, !isForced else { return }
        throw WireFault.unsupported(
            function.place("strict"),
            "Arguments are held to a tool's parameters where 'tool_choice' says that one has to be called; set that, "
                + "or leave 'strict' out.")
    }

    /// What the answer has to be; nil: any text.
    static func format(_ body: WireObject, _ name: String) throws -> ServingFormat? {
        guard let format = try body.object(name) else { return nil }
        guard let kind = try format.choice("type", Format.self) else { throw WireFault.missing(format.place("type")) }
        switch kind {
        case .text: return nil
        case .json_object: return ServingFormat(schema: ["type": "object"])
        case .json_schema:
            // Responses has the members of the schema's object beside the type.
            let holder = name == "response_format" ? try format.object("json_schema") : format
            guard let holder else { throw WireFault.missing(format.place("json_schema")) }
            guard let schema = try holder.object("schema") else { throw WireFault.missing(holder.place("schema")) }
            return ServingFormat(schema: .object(schema.members))
        }
    }
}
