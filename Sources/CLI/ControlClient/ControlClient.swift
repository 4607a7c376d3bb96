import AsyncHTTPClient
import ControlProtocol
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Nouns

/// The typed client of the control API; the command line and the tests use it.
package struct ControlClient: Sendable {
    /// Path of the daemon's Unix socket.
    package let socket: String
    private let http: HTTPClient

    package init(socket: String) {
        self.socket = socket
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(connect: .seconds(5), read: nil)
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes its connections; call once at the end.
    package func shutdown() async { try? await http.shutdown() }

    /// GET.
    package func get<T: Decodable>(_ type: T.Type, _ path: String, _ query: [String: String?] = [:]) async throws -> T {
        try ContractCoding.decode(type, from: try await exchange(.GET, path, query, body: nil))
    }

    /// GET an answer as it is, such as an HTML page.
    package func data(_ path: String, _ query: [String: String?] = [:]) async throws -> Data {
        try await exchange(.GET, path, query, body: nil)
    }

    /// POST with a JSON body.
    package func post<T: Decodable>(_ type: T.Type, _ path: String, _ body: some Encodable) async throws -> T {
        try ContractCoding.decode(
            type,
            from: try await exchange(.POST, path, [:], body: .bytes(ByteBuffer(data: try ContractCoding.encode(body)))))
    }

    /// DELETE.
    package func delete(_ path: String) async throws { _ = try await exchange(.DELETE, path, [:], body: nil) }

    /// DELETE, with an answer.
    package func delete<T: Decodable>(_ type: T.Type, _ path: String) async throws -> T {
        try ContractCoding.decode(type, from: try await exchange(.DELETE, path, [:], body: nil))
    }

    /// PUT a file, read as it is sent; `progress` gets the bytes sent so far.
    package func put(_ path: String, file: String, progress: @escaping @Sendable (Int) -> Void) async throws {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw Failure(
                code: "client.file", "The file cannot be read: \(String(cString: strerror(errno))).", at: file,
                remedy: "Check the path and its permissions.")
        }
        defer { try? handle.close() }
        let size = Int(try handle.seekToEnd())
        try handle.seek(toOffset: 0)
        let pieces = FilePieces(handle: handle, progress: progress)
        _ = try await exchange(.PUT, path, [:], body: .stream(pieces, length: .known(Int64(size))))
    }

    /// GET whose answer is JSON lines, given as they come.
    package func lines<T: Decodable>(
        _ type: T.Type, _ path: String, _ query: [String: String?] = [:], _ body: (T) throws -> Bool
    ) async throws {
        let response = try await send(.GET, path, query, body: nil)
        var pending: [UInt8] = []
        for try await buffer in response.body {
            pending.append(contentsOf: buffer.readableBytesView)
            while let end = pending.firstIndex(of: 10) {
                let line = Data(pending[..<end])
                pending.removeFirst(end + 1)
                if !(try body(try ContractCoding.decode(type, from: line))) { return }
            }
        }
    }

    /// GET an answer of any size, given piece by piece as it comes.
    package func pieces(_ path: String, _ query: [String: String?] = [:], _ body: (Data) throws -> Void) async throws {
        let response = try await send(.GET, path, query, body: nil)
        for try await buffer in response.body { try body(Data(buffer: buffer)) }
    }

    private func exchange(
        _ method: HTTPMethod, _ path: String, _ query: [String: String?], body: HTTPClientRequest.Body?
    ) async throws -> Data {
        let response = try await send(method, path, query, body: body)
        return Data(buffer: try await response.body.collect(upTo: 1 << 30))
    }

    private func send(_ method: HTTPMethod, _ path: String, _ query: [String: String?], body: HTTPClientRequest.Body?)
        async throws -> HTTPClientResponse
    {
        var components = URLComponents()
        components.path = path
        let items = query.compactMap { key, value in value.map { URLQueryItem(name: key, value: $0) } }.sorted {
            $0.name < $1.name
        }
        if !items.isEmpty { components.queryItems = items }
        guard let relative = components.string, let url = URL(httpURLWithSocketPath: socket, uri: relative) else {
            throw Failure(code: "client.path", "'\(path)' is not a path.", remedy: "Check the name you gave.")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = method
        request.body = body
        let response: HTTPClientResponse
        do { response = try await http.execute(request, deadline: .distantFuture) } catch {
            throw Failure(
                code: "client.unreachable", "The daemon does not answer on \(socket).", at: socket,
                remedy:
                    """
                    Start it with `systemctl start finetuned`, or `finetuned --root DIR` and give ftctl the same \
                    --root.
                    """,
                cause: Self.reason(error))
        }
        guard (200..<300).contains(Int(response.status.code)) else {
            let data = Data(buffer: try await response.body.collect(upTo: 1 << 24))
            throw (try? ContractCoding.decode(ErrorAnswer.self, from: data))?.error
                ?? Failure(
                    code: "client.answer", "The daemon answered \(response.status.code).", at: path,
                    remedy: "Client and daemon may be of different versions.")
        }
        return response
    }

    private static func reason(_ error: any Error) -> String? {
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        return nil
    }
}

/// A file's bytes as a stream of buffers.
private struct FilePieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let handle: FileHandle
    let progress: @Sendable (Int) -> Void

    struct AsyncIterator: AsyncIteratorProtocol {
        let handle: FileHandle
        let progress: @Sendable (Int) -> Void
        var sent = 0
        mutating func next() async throws -> ByteBuffer? {
            guard let data = try handle.read(upToCount: 1 << 20), !data.isEmpty else { return nil }
            sent += data.count
            progress(sent)
            return ByteBuffer(data: data)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle: handle, progress: progress) }
}
