import ControlProtocol
import Foundation
import HTTPTypes
import HummingbirdCore
import Monitoring
import NIOCore
import Nouns
import Operations
import StageKit

/// Finds the route of a request, sees that whoever asks may, answers it where its weight belongs, and turns every error
/// into an ``ErrorAnswer``.
struct ControlRouter: Sendable {
    private let routes: [Routes.Route]
    private let ownership: Ownership?
    private let threads: AnswerThreads
    private let repetitions: Repetitions?
    private let audit: AuditOperations?
    private let meters: Meters

    /// - Parameters:
    ///   - ownership: whose the things are that paths name; nil where there are none.
    ///   - repetitions: nil where requests that come again are new ones.
    ///   - audit: where changes are put on the record; nil where none are made.
    ///   - meters: where requests are counted.
    init(
        _ routes: Routes, ownership: Ownership? = nil, threads: AnswerThreads, repetitions: Repetitions? = nil,
        audit: AuditOperations? = nil, meters: Meters = Meters()
    ) {
        self.routes = routes.all
        self.ownership = ownership
        self.threads = threads
        self.repetitions = repetitions
        self.audit = audit
        self.meters = meters
    }

    func respond(to request: Request, from caller: Caller) async -> Response {
        let count = RequestCount(meters)
        var response: Response
        do {
            let query = Self.query(request.uri.query ?? "")
            let (route, values) = try route(request, query)
            count.name(route.endpoint)
            response = await RequestMeter.$current.withValue(count.meter) {
                await answer(route, values, query, request, caller)
            }
        } catch { response = ErrorAnswers.response(error) }
        count.note(&response)
        if let name = HTTPField.Name("x-request-id") { response.headers[name] = RandomName.new("req_") }
        return response
    }

    private func answer(
        _ route: Routes.Route, _ values: [String], _ query: [(name: String, value: String)], _ request: Request,
        _ caller: Caller
    ) async -> Response {
        let endpoint = route.endpoint
        let principal: Principal
        do {
            principal = try await caller.principal(of: request)
            do { try check(principal, endpoint, values, query) } catch {
                refused(principal, endpoint, values, error)
                throw error
            }
            try BodyReader.requireFitting(request.headers[.contentLength], endpoint)
        } catch { return ErrorAnswers.response(error, endpoint.dialect) }
        let query = endpoint.dialect == .control ? query : Self.query(request.uri.query ?? "", plusIsSpace: true)
        let incoming = Routes.Incoming(
            values: values, query: query, body: request.body, mediaType: request.headers[.contentType],
            principal: principal)
        return await onRecord(principal, endpoint, values) {
            try await carryOut(route, incoming, request, caller.departure)
        }
    }

    /// Answers, and puts what changes something on the record: before it is made, and when it has ended.
    private func onRecord(
        _ principal: Principal, _ endpoint: EndpointDescription, _ values: [String],
        _ answer: () async throws -> Response
    ) async -> Response {
        guard let audit, endpoint.isChange else {
            do { return try await answer() } catch { return ErrorAnswers.response(error, endpoint.dialect) }
        }
        var record = audit.record(principal, endpoint, values)
        let (number, note) = (audit.begin(record), AuditNote())
        let response: Response
        do {
            response = try await AuditNote.$current.withValue(note) { try await answer() }
            record.outcome = AuditRecord.done
        } catch {
            record.outcome = ErrorAnswers.failure(error).code
            response = ErrorAnswers.response(error, endpoint.dialect)
        }
        record.detail = note.detail
        audit.end(record, number, naming: Array(zip(endpoint.path.names, values)))
        return response
    }

    /// Tells the journal that somebody was not allowed to change something.
    private func refused(
        _ principal: Principal, _ endpoint: EndpointDescription, _ values: [String], _ error: any Error
    ) {
        guard let audit, endpoint.isChange else { return }
        var record = audit.record(principal, endpoint, values)
        record.outcome = ErrorAnswers.failure(error).code
        audit.tell(record, Array(zip(endpoint.path.names, values)))
    }

    private func carryOut(
        _ route: Routes.Route, _ incoming: Routes.Incoming, _ request: Request, _ departure: Departure
    ) async throws -> Response {
        let endpoint = route.endpoint
        let once = repetitions.flatMap { OnceOnly($0, request, endpoint) }
        let told = told(incoming.principal, endpoint)
        let work: @Sendable () async throws -> Response = { [threads] in
            if let once { return try await once.response(incoming, route.answer) }
            return try await route.answer(incoming).response(endpoint, threads, departure, told: told)
        }
        return switch endpoint.weight {
        case .quick where endpoint.endsWithReader: try await departure.cancelling(work)
        case .quick: try await work()
        // Encoding a long answer is work as well.
        case .heavy: try await HeavyWork.run(on: threads, work)
        }
    }

    /// What a text of the daemon says to somebody: whatever names what is others' names nothing. What models and people
    /// have written stays as it is.
    private func told(_ principal: Principal, _ endpoint: EndpointDescription) -> @Sendable (Data) throws -> Data {
        guard let ownership, endpoint.dialect == .control, endpoint.name != "pipelines.generate" else { return { $0 } }
        return { try ownership.told(principal, $0) }
    }

    /// Throws a Failure (`permission.…`, `token.missing`) where somebody may not ask an endpoint.
    private func check(
        _ principal: Principal, _ endpoint: EndpointDescription, _ values: [String],
        _ query: [(name: String, value: String)]
    ) throws {
        guard principal.role >= endpoint.access.role else { throw Refusal.failure(principal, endpoint.access) }
        guard let ownership else { return }
        for (name, value) in zip(endpoint.path.names, values) where try !ownership.shows(principal, name, value) {
            throw Ownership.unknown(name, value)
        }
        if endpoint.name.hasPrefix("data.") {
            for text in values + query.map(\.value) where try !ownership.showsRows(principal, text) {
                throw Ownership.unknown("dataset", text)
            }
        }
        let access = endpoint.access
        guard access == .own || access == .ownPipeline else { return }
        for (name, value) in zip(endpoint.path.names, values)
        where try !ownership.permits(principal, access, name, value) {
            throw Refusal.failure(principal, access)
        }
    }

    /// The route, and the values of its path.
    ///
    /// Throws ``RoutingFault`` for a path or method that there is not, and a Failure for a value that chooses no route.
    private func route(_ request: Request, _ query: [(name: String, value: String)]) throws
        -> (Routes.Route, [String])
    {
        let parts = request.uri.path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
        let there = routes.compactMap { route in route.endpoint.path.values(parts).map { (route, $0) } }
        guard !there.isEmpty else { throw RoutingFault.path(request.uri.path, Self.similar(parts, routes)) }
        let fitting = there.filter { $0.0.endpoint.method.rawValue == request.method.rawValue }
        guard !fitting.isEmpty else {
            throw RoutingFault.method(
                request.method.rawValue, request.uri.path,
                allowed: Set(there.map(\.0.endpoint.method.rawValue)).sorted())
        }
        let chosen =
            fitting.first { Self.chooses($0.0.endpoint, query) } ?? fitting.first { Self.isUsual($0.0.endpoint) }
        guard let chosen else { throw RoutingFault.path(request.uri.path, Self.similar(parts, routes)) }
        try Self.requireKnownChoice(fitting.map(\.0.endpoint), query)
        return chosen
    }

    /// Whether the query has the value that chooses this endpoint.
    private static func chooses(_ endpoint: EndpointDescription, _ query: [(name: String, value: String)]) -> Bool {
        guard let choice = endpoint.choice else { return false }
        return query.contains { $0.name == choice.parameter && $0.value == choice.value }
    }

    /// Whether the endpoint answers where no value chooses another.
    private static func isUsual(_ endpoint: EndpointDescription) -> Bool { endpoint.choice?.isDefault ?? true }

    /// Throws a Failure where the parameter that chooses between endpoints has another value, or several.
    private static func requireKnownChoice(
        _ endpoints: [EndpointDescription], _ query: [(name: String, value: String)]
    ) throws {
        for parameter in Set(endpoints.compactMap(\.choice?.parameter)) {
            let given = query.filter { $0.name == parameter }
            guard given.count < 2 else { throw QueryFault.twice(parameter) }
            let values = endpoints.compactMap(\.choice).filter { $0.parameter == parameter }.map(\.value)
            guard let value = given.first?.value, !values.contains(value) else { continue }
            throw QueryFault.value(parameter, value, allowed: values == ["1"] ? .flag : .choice(values))
        }
    }

    /// The paths that begin as the one that was asked for; the beginnings of all where none does.
    private static func similar(_ parts: [String], _ routes: [Routes.Route]) -> [String] {
        var roots: [String] = []
        var near: [String] = []
        for path in routes.map(\.endpoint.path) {
            let (root, text) = ("/" + path.literals.prefix(2).joined(separator: "/"), path.description)
            if !roots.contains(root) { roots.append(root) }
            if path.literals.prefix(2).elementsEqual(parts.prefix(2)), !near.contains(text) { near.append(text) }
        }
        return near.isEmpty ? roots : near
    }

    /// The parameters of a query in their order, percent-decoded; a `+` stands for itself unless it is said otherwise.
    private static func query(_ text: String, plusIsSpace: Bool = false) -> [(name: String, value: String)] {
        let text = plusIsSpace ? text.replacing("+", with: " ") : text
        return text.split(separator: "&").map { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = pair.map { $0.removingPercentEncoding ?? String($0) }
            return (decoded.first ?? "", decoded.count > 1 ? decoded[1] : "")
        }
    }
}
