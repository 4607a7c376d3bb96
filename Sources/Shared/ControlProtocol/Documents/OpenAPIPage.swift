import Foundation
import Nouns

/// docs/openapi.json, generated from the table of endpoints: paths, parameters, and bodies; answers by their names.
package enum OpenAPIPage {
    /// The whole document, for people to read as well.
    package static func text() throws -> String {
        String(decoding: try ContractCoding.pretty(document), as: UTF8.self) + "\n"
    }

    private static var document: JSONValue {
        var paths: [String: [String: JSONValue]] = [:]
        for (key, endpoints) in grouped(ControlAPITable.all) {
            paths[key.path, default: [:]][key.method.rawValue.lowercased()] = operation(endpoints)
        }
        let names = ControlAPITable.all.flatMap { [$0.body, $0.answer] }.compactMap(name) + ["ErrorAnswer"]
        let schemas = Dictionary(names.map { ($0, schema($0)) }, uniquingKeysWith: { $1 })
        return [
            "openapi": "3.1.0",
            "info": ["title": "finetuned control API", "version": "1"],
            "servers": [["url": "http://localhost", "description": "On the daemon's Unix socket."]],
            "paths": .object(paths.mapValues { .object($0) }),
            "components": ["schemas": .object(schemas)],
        ]
    }

    private struct Key: Hashable {
        let path: String
        let method: ControlMethod
    }

    /// Endpoints that one parameter tells from each other are one operation here.
    private static func grouped(_ endpoints: [EndpointDescription]) -> [(Key, [EndpointDescription])] {
        var order: [Key] = []
        var groups: [Key: [EndpointDescription]] = [:]
        for endpoint in endpoints {
            let key = Key(path: endpoint.path.description, method: endpoint.method)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(endpoint)
        }
        return order.map { ($0, groups[$0] ?? []) }
    }

    private static func operation(_ endpoints: [EndpointDescription]) -> JSONValue {
        guard let first = endpoints.first else { return [:] }
        var operation: [String: JSONValue] = [
            "operationId": .string(first.name),
            "summary": .string(endpoints.map(\.about).joined(separator: " ")),
            "tags": [.string(String(first.name.prefix { $0 != "." }))],
            "responses": [
                "200": ["description": "The answer.", "content": .object(answers(endpoints))],
                "default": [
                    "description": "What is wrong.",
                    "content": ["application/json": ["schema": reference("ErrorAnswer")]],
                ],
            ],
        ]
        let parameters = first.path.names.map(place) + choices(endpoints) + queries(endpoints)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let type = first.body.mediaType {
            operation["requestBody"] = ["required": true, "content": [type: ["schema": schema(of: first.body)]]]
        }
        return .object(operation)
    }

    private static func answers(_ endpoints: [EndpointDescription]) -> [String: JSONValue] {
        var types: [String: [JSONValue]] = [:]
        for endpoint in endpoints {
            types[endpoint.answer.mediaType ?? "", default: []].append(schema(of: endpoint.answer))
            if case .jsonOrEvents = endpoint.answer { types["text/event-stream"] = [["type": "string"]] }
        }
        return types.mapValues { ["schema": $0.count == 1 ? $0[0] : ["oneOf": .array($0)]] }
    }

    private static func place(_ name: String) -> JSONValue {
        ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
    }

    private static func choices(_ endpoints: [EndpointDescription]) -> [JSONValue] {
        let choices = endpoints.compactMap(\.choice)
        guard let name = choices.first?.parameter else { return [] }
        let values = choices.map { JSONValue.string($0.value) }
        return [
            [
                "name": .string(name), "in": "query", "schema": ["type": "string", "enum": .array(values)],
                "description": "Chooses the answer.",
            ]
        ]
    }

    private static func queries(_ endpoints: [EndpointDescription]) -> [JSONValue] {
        var seen: Set<String> = []
        return endpoints.flatMap(\.parameters).filter { seen.insert($0.name).inserted }.map { parameter in
            [
                "name": .string(parameter.name), "in": "query", "required": .bool(parameter.isRequired),
                "description": .string(parameter.about), "schema": schema(parameter.values),
            ]
        }
    }

    private static func schema(_ values: QueryValues) -> JSONValue {
        switch values {
        case .text: ["type": "string", "minLength": 1]
        case .choice(let values): ["type": "string", "enum": .array(values.map { .string($0) })]
        case .number(let range, let usual):
            .object(
                [
                    "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
                    "maximum": range.upperBound == Int.max ? nil : .integer(Int64(range.upperBound)),
                    "default": .integer(Int64(usual)),
                ].compactMapValues { $0 })
        case .flag: ["type": "string", "enum": ["1"]]
        case .time: ["type": "string", "format": "date-time"]
        }
    }

    private static func schema(of content: EndpointContent) -> JSONValue {
        switch content {
        case .none: true
        case .json(let name), .lines(let name), .events(let name), .jsonOrEvents(let name):
            name.hasPrefix("[")
                ? ["type": "array", "items": reference(String(name.dropFirst().dropLast()))] : reference(name)
        case .bytes: ["type": "string"]
        }
    }

    private static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    private static func name(_ content: EndpointContent) -> String? {
        switch content {
        case .json(let name), .lines(let name), .events(let name), .jsonOrEvents(let name):
            name.trimmingCharacters(in: ["[", "]"])
        case .none, .bytes: nil
        }
    }

    /// The fields of a body, or of an answer to OpenAI's clients; an object of any fields where the type is another.
    private static func schema(_ name: String) -> JSONValue {
        guard let body = ControlAPITable.all.first(where: { $0.body == .json(name) }) else {
            let answers = ControlAPITable.all.filter { Self.name($0.answer) == name }
            return answers.lazy.compactMap { $0.answerSchema() }.first ?? ["type": "object"]
        }
        let fields = body.fields()
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        return [
            "type": "object",
            "properties": .object(
                Dictionary(fields.map { ($0.name, schema($0.kind)) }, uniquingKeysWith: { $1 })),
            "required": .array(required),
        ]
    }

    private static func schema(_ kind: BodyField.Kind) -> JSONValue {
        switch kind {
        case .text: ["type": "string"]
        case .whole: ["type": "integer"]
        case .number: ["type": "number"]
        case .truth: ["type": "boolean"]
        case .choice(let values): ["type": "string", "enum": .array(values.map { .string($0) })]
        case .list: ["type": "array"]
        case .table: ["type": "object"]
        case .oneOf(let kinds): ["anyOf": .array(kinds.map(schema))]
        }
    }
}
