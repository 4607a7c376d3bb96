import ControlProtocol
import Foundation
import HTTPTypes
import Nouns
import OperationsScene
import TestSupport
import Testing

@testable import ControlAPI

/// What holds for every endpoint of the table, so that a new one needs no test of these.
struct TableTests {
    @Test func everyEndpointIsRegisteredOnce() throws {
        let scene = try OperationsScene()
        let registered = Routes.all(scene.operations, scene.wire).all.map(\.endpoint.name)
        #expect(registered.sorted() == ControlAPITable.all.map(\.name).sorted())
        #expect(Set(registered).count == registered.count)
    }

    @Test func noTwoEndpointsAnswerTheSameRequest() {
        let keys = ControlAPITable.all.map { endpoint in
            let choice = endpoint.choice.flatMap { $0.isDefault ? nil : "\($0.parameter)=\($0.value)" } ?? ""
            return "\(endpoint.method.rawValue) \(endpoint.path.path(endpoint.path.names.map { _ in "*" })) \(choice)"
        }
        #expect(Set(keys).count == keys.count)
    }

    @Test func everyEndpointAndParameterIsDocumentedInOneSentence() {
        for endpoint in ControlAPITable.all {
            for sentence in [endpoint.about] + endpoint.parameters.map(\.about) {
                #expect(sentence.hasSuffix(".") && sentence.first?.isUppercase == true, "\(endpoint.name): \(sentence)")
            }
        }
    }

    @Test(arguments: ControlAPITable.all.filter { $0.dialect == .control }.map(\.name))
    func aParameterThatThereIsNotIsNamedWithThoseThereAre(name: String) async throws {
        let (ask, endpoint) = try find(name)
        let reply = try await ask(endpoint.httpMethod, endpoint.example(adding: ("nonsense", "1")))
        #expect(reply.status == 400)
        let failure = try reply.failure()
        #expect(failure.code == "request.parameter")
        #expect(failure.place == "nonsense")
        for parameter in endpoint.parameters { #expect(failure.remedy?.contains(parameter.name) == true) }
    }

    @Test(arguments: ControlAPITable.all.filter { $0.dialect == .openAI }.map(\.name))
    func whatOpenAIsClientsAddIsTaken(name: String) async throws {
        let (ask, endpoint) = try find(name)
        let usual = try await ask(endpoint.httpMethod, endpoint.example())
        let more = try await ask(endpoint.httpMethod, endpoint.example(adding: ("nonsense", "1")))
        #expect(more.status == usual.status && more.text == usual.text)
    }

    /// Every error has all that OpenAI's clients read, and a name that it can be asked about by.
    @Test func errorsHaveTheOneForm() async throws {
        let reply = try await Ask(try OperationsScene())(.get, "/v1/files?limit=0")
        let error = try reply.decoded(JSONValue.self)["error"]?.objectValue ?? [:]
        #expect(Set(error.keys) == ["message", "type", "param", "code", "place", "remedy", "cause"])
        #expect(error["type"] == "invalid_request_error" && error["param"] == "limit" && error["cause"] == .null)
        let name = try #require(HTTPField.Name("x-request-id"))
        #expect(reply.headers[name]?.hasPrefix("req_") == true)
    }

    @Test(arguments: ControlAPITable.all.map(\.name))
    func aValueThatAParameterCannotHaveIsNamedWithWhatItCan(name: String) async throws {
        let (ask, endpoint) = try find(name)
        for parameter in endpoint.parameters {
            let value = parameter.values == .text ? "" : "nonsense"
            let reply = try await ask(endpoint.httpMethod, endpoint.example(adding: (parameter.name, value)))
            #expect(reply.status == 400)
            let failure = try reply.failure()
            #expect(failure.code == "request.\(parameter.name)")
            #expect(failure.place == parameter.name)
            #expect(failure.message.contains("'\(value)'"))
            #expect(failure.remedy == parameter.values.remedy)
        }
        if let choice = endpoint.choice {
            let path = endpoint.path.path(endpoint.path.names.map { _ in "x" })
            let reply = try await ask(endpoint.httpMethod, path + "?\(choice.parameter)=nonsense")
            #expect(reply.status == 400)
            #expect(try reply.failure().place == choice.parameter)
        }
    }

    @Test(arguments: ControlAPITable.all.map(\.name))
    func aParameterThatIsMissingOrGivenTwiceIsNamed(name: String) async throws {
        let (ask, endpoint) = try find(name)
        for parameter in endpoint.parameters where parameter.isRequired {
            let reply = try await ask(endpoint.httpMethod, endpoint.example(without: parameter.name))
            #expect(reply.status == 400)
            #expect(try reply.failure().message == "The parameter '\(parameter.name)' is missing.")
            let twice = endpoint.example() + "&\(parameter.name)=y"
            #expect(try await ask(endpoint.httpMethod, twice).failure().message.hasSuffix("is given twice."))
        }
    }

    @Test(arguments: ControlAPITable.all.map(\.name))
    func aMethodThatIsNotPossibleIs405WithThoseThatAre(name: String) async throws {
        let (ask, endpoint) = try find(name)
        let reply = try await ask(.patch, endpoint.example())
        #expect(reply.status == 405)
        #expect(reply.headers[.allow]?.contains(endpoint.method.rawValue) == true)
        let failure = try reply.failure()
        #expect(failure.code == "request.method")
        #expect(failure.remedy?.contains(endpoint.method.rawValue) == true)
    }

    @Test(arguments: ControlAPITable.all.filter { if case .json = $0.body { true } else { false } }.map(\.name))
    func aBodyThatIsNotItsJSONIs400WithTheField(name: String) async throws {
        let (ask, endpoint) = try find(name)
        let broken = try await ask(endpoint.httpMethod, endpoint.example(), "{not json")
        #expect(broken.status == 400)
        #expect(try broken.failure().code == "request.body")
        #expect(!endpoint.fields().isEmpty)
        if let required = endpoint.fields().first(where: \.isRequired) {
            let empty = try await ask(endpoint.httpMethod, endpoint.example(), "{}")
            #expect(empty.status == 400)
            #expect(try empty.failure().place == required.name)
        }
        // An object is the value of no field of any body that may be left out, and of none but a table.
        for field in endpoint.fields() where !field.kind.takesObject {
            let reply = try await ask(endpoint.httpMethod, endpoint.example(), filled(endpoint, but: field.name))
            #expect(reply.status == 400)
            #expect(try reply.failure().place == field.name)
            #expect(try reply.failure().message.contains("'\(field.name)'"))
        }
    }

    @Test func aBodyThatIsTooLargeIs413() async throws {
        let ask = Ask(try OperationsScene())
        let reply = try await ask(.post, "/v1/pipelines/support/runs", String(repeating: " ", count: (16 << 20) + 1))
        #expect(reply.status == 413)
        #expect(try reply.failure().code == "request.too_large")
    }

    private func find(_ name: String) throws -> (Ask, EndpointDescription) {
        (Ask(try OperationsScene()), try #require(ControlAPITable.all.first { $0.name == name }))
    }

    /// A body with every required field, and an object in the place of one field.
    private func filled(_ endpoint: EndpointDescription, but wrong: String) throws -> String {
        var body: [String: JSONValue] = [:]
        for field in endpoint.fields() where field.isRequired {
            body[field.name] = value(field.kind)
        }
        body[wrong] = [:]
        return String(decoding: try ContractCoding.encode(body), as: UTF8.self)
    }

    private func value(_ kind: BodyField.Kind) -> JSONValue {
        switch kind {
        case .whole, .number: 1
        case .truth: true
        case .list: []
        case .table: [:]
        case .text: "x"
        case .choice(let values): .string(values.first ?? "")
        case .oneOf(let kinds): kinds.first.map(value) ?? "x"
        }
    }
}

extension EndpointDescription {
    var httpMethod: HTTPRequest.Method { HTTPRequest.Method(rawValue: method.rawValue) ?? .get }
}
