import ControlProtocol
import Nouns

/// Names the members of a caller's request where the worker names those of its own order.
struct WirePlaces: Sendable {
    /// What the worker calls a part of an order, and what the caller calls it; the first that fits holds.
    private let names: [(order: String, caller: String)]

    static let chat = WirePlaces([
        ("question.messages", "messages"), ("question.tools", "tools"), ("question", "messages"),
        ("drawing.toolName", "tool_choice.function.name"),
        ("format.schema", "response_format.json_schema.schema"), ("drawing.format", "response_format"),
        ("drawing.bias", "logit_bias"),
    ])

    init(_ names: [(order: String, caller: String)]) { self.names = names }

    /// What `body` returns; its failures in the caller's words.
    func naming<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let failure as Failure { throw named(failure) }
    }

    /// The failure in the caller's words.
    func named(_ failure: Failure) -> Failure {
        guard failure.code.hasPrefix("request."), let place = failure.place,
            let name = names.first(where: { place.hasPrefix($0.order) })
        else { return failure }
        var failure = failure
        failure.place = name.caller + place.dropFirst(name.order.count).replacing("/", with: ".")
        return failure
    }
}
