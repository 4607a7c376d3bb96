import Foundation
import Nouns
import TestSupport
import WorkerProtocol

/// A connection to a serving worker, as the daemon has it.
final class ServingClient {
    struct Gone: Error {}
    private let descriptor: Int32
    private var buffer = Data()

    /// Waits until the worker listens.
    init(_ path: String) async throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let target = address
        let isConnected = try await TestSupport.eventually {
            withUnsafePointer(to: target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            } == 0
        }
        guard isConnected else { throw Gone() }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func send(_ order: ServingOrder) throws { try send(line: ContractCoding.encode(order)) }

    func send(line: Data) throws {
        let sent = (line + Data("\n".utf8)).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard sent == line.count + 1 else { throw Gone() }
    }

    /// The next thing that is said.
    func next() throws -> ServingEvent {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = Data(buffer[buffer.startIndex..<end])
                buffer = Data(buffer[(end + 1)...])
                return try ContractCoding.decode(ServingEvent.self, from: line)
            }
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { throw Gone() }
            buffer.append(contentsOf: chunk[..<count])
        }
    }

    /// What is said of some orders until all are done, by id.
    func all(_ ids: Set<String>) throws -> [String: [ServingEvent]] {
        var left = ids
        var events: [String: [ServingEvent]] = [:]
        while !left.isEmpty {
            let event = try next()
            events[event.id, default: []].append(event)
            if [.done, .failed, .state].contains(event.event) { left.remove(event.id) }
        }
        return events
    }
}

extension [ServingEvent] {
    func text(_ choice: Int = 0) -> String { filter { $0.choice == choice }.compactMap(\.text).joined() }
    var began: ServingBegan? { compactMap(\.began).first }
    var failure: Failure? { compactMap(\.failure).first }
}
