import ControlProtocol
import Foundation
import Nouns

/// The client of the control API; the command line and the tests send by its endpoints.
package struct ControlClient: Sendable {
    /// Path of the daemon's Unix socket.
    package let socket: String
    /// Seconds for which a quick question may stay without an answer, and one that takes many rows, files or a worker.
    package static let usualPatience = (quick: 60.0, heavy: 3600.0)

    private let patience: (quick: Double, heavy: Double)
    private var weight = ControlWeight.quick

    /// - Parameter patience: seconds for which any question may stay without an answer; the usual where it is nil.
    package init(socket: String, patience: Double? = nil) {
        self.socket = socket
        self.patience = patience.map { ($0, $0) } ?? Self.usualPatience
    }

    /// The client for questions of some weight.
    func asking(_ weight: ControlWeight) -> ControlClient {
        var client = self
        client.weight = weight
        return client
    }

    /// GET.
    func get<T: Decodable>(_ type: T.Type, _ path: String, _ query: [String: String?] = [:]) async throws -> T {
        try ContractCoding.decode(type, from: try await data(path, query))
    }

    /// GET an answer as it is, such as an HTML page.
    func data(_ path: String, _ query: [String: String?] = [:]) async throws -> Data {
        try await exchange("GET", path, query)
    }

    /// POST with a JSON body.
    func post<T: Decodable>(_ type: T.Type, _ path: String, _ body: some Encodable) async throws -> T {
        try ContractCoding.decode(
            type, from: try await exchange("POST", path, body: .bytes(try ContractCoding.encode(body))))
    }

    /// DELETE, with an answer.
    func delete<T: Decodable>(_ type: T.Type, _ path: String) async throws -> T {
        try ContractCoding.decode(type, from: try await exchange("DELETE", path))
    }

    /// PUT a file, read as it is sent; `progress` gets the bytes sent so far.
    func put(_ path: String, file: String, progress: @escaping @Sendable (Int) -> Void) async throws {
        _ = try await exchange("PUT", path, body: .file(try SocketHTTPFile(file), progress: progress))
    }

    /// PUT bytes, with an answer.
    func put<T: Decodable>(_ path: String, _ query: [String: String?], _ bytes: Data, _ type: T.Type) async throws -> T
    {
        try ContractCoding.decode(type, from: try await exchange("PUT", path, query, body: .bytes(bytes)))
    }

    /// GET whose answer is JSON lines, given as they come, until `body` gives false.
    func lines<T: Decodable>(
        _ type: T.Type, _ path: String, _ query: [String: String?] = [:], _ body: (T) throws -> Bool
    ) async throws {
        let answer = try await send("GET", path, query, isStream: true)
        var pending: [UInt8] = []
        while let piece = try await answer.next() {
            pending += piece
            var start = 0
            while let end = pending[start...].firstIndex(of: 10) {
                if !(try body(try ContractCoding.decode(type, from: Data(pending[start..<end])))) { return }
                start = end + 1
            }
            pending.removeSubrange(..<start)
            if pending.count > Self.mostBytes { throw Self.tooLarge(path) }
        }
    }

    /// POST whose answer comes as things happen.
    func post(stream path: String, _ body: Data) async throws -> SocketHTTPExchange {
        try await asking(.heavy).send("POST", path, [:], body: .bytes(body), isStream: true)
    }

    /// GET an answer of any size, given piece by piece as it comes.
    func pieces(_ path: String, _ query: [String: String?] = [:], _ body: (Data) throws -> Void) async throws {
        let answer = try await send("GET", path, query, isStream: true)
        while let piece = try await answer.next() { try body(Data(piece)) }
    }

    /// Bytes that an answer may have which is held whole.
    private static let mostBytes = 1 << 30

    private func exchange(
        _ method: String, _ path: String, _ query: [String: String?] = [:], body: SocketHTTPExchange.Body = .none
    ) async throws -> Data {
        try await Self.whole(try await send(method, path, query, body: body), path)
    }

    private static func whole(_ answer: SocketHTTPExchange, _ path: String) async throws -> Data {
        var data = Data()
        while let piece = try await answer.next() {
            data += piece
            if data.count > mostBytes { throw tooLarge(path) }
        }
        return data
    }

    private static func tooLarge(_ path: String) -> Failure {
        Failure(
            code: "client.answer", "The daemon's answer has more than \(mostBytes) bytes.", at: path,
            remedy: "Ask for less of it.")
    }

    /// The answer's body, where the daemon did what was asked; its error is thrown otherwise.
    private func send(
        _ method: String, _ path: String, _ query: [String: String?], body: SocketHTTPExchange.Body = .none,
        isStream: Bool = false
    ) async throws -> SocketHTTPExchange {
        let (status, answer) = try await SocketHTTPExchange.begin(
            method, try Self.target(path, query), socket: socket, body: body,
            patience: weight == .heavy ? patience.heavy : patience.quick, isStream: isStream)
        if (200..<300).contains(status) { return answer }
        let data = try await Self.whole(answer, path)
        throw (try? ContractCoding.decode(ErrorAnswer.self, from: data))?.failure
            ?? Failure(
                code: "client.answer", "The daemon answered \(status).", at: path,
                remedy: "Client and daemon may be of different versions.")
    }

    /// Path and query as a request names them.
    private static func target(_ path: String, _ query: [String: String?]) throws -> String {
        var components = URLComponents()
        components.path = path
        let items = query.compactMap { key, value in value.map { URLQueryItem(name: key, value: $0) } }.sorted {
            $0.name < $1.name
        }
        if !items.isEmpty { components.queryItems = items }
        guard let target = components.string, target.hasPrefix("/") else {
            throw Failure(code: "client.path", "'\(path)' is not a path.", remedy: "Check the name you gave.")
        }
        return target
    }
}
