import Foundation
import Nouns
import Synchronization
import TestSupport
import Testing

@testable import HubClient

/// The stand-in Hub of Tests/Interop, with folders of a sandbox.
final class StandIn: Sendable {
    /// One request that came, as the log has it.
    struct Asked: Decodable {
        var host: String
        var method: String
        var path: String
        var range: String?
        var token: Bool
        var bytes: Int
    }

    static let commit = String(repeating: "1", count: 40)

    let sandbox: Sandbox
    let program: ChildProgram
    let endpoint: String
    let waits = Mutex<[(seconds: Double, why: String)]>([])

    /// - Parameter certificate: the name of a certificate of the fixtures; nil for a Hub without TLS.
    init(certificate: String? = nil) async throws {
        let sandbox = try Sandbox()
        self.sandbox = sandbox
        try FileManager.default.createDirectory(atPath: sandbox.root + "/hub", withIntermediateDirectories: true)
        var arguments = [TestSupport.repository + "/Tests/Interop/hub.py", sandbox.root + "/hub"]
        if let certificate {
            let made = try await ChildProgram.run(
                "/bin/bash", [TestSupport.fixture("tls/certificates.sh"), sandbox.root])
            try #require(made.ending == .exited(0), "\(made.output)")
            arguments += ["pem", "key"].map { "\(sandbox.root)/\(certificate).\($0)" }
        }
        let program = try ChildProgram("python3", arguments, output: sandbox.root + "/hub.log")
        try #require(try await TestSupport.eventually { program.output.hasSuffix("}\n") }, "\(program.output)")
        let addresses = try JSONDecoder().decode([String: String].self, from: Data(program.output.utf8))
        self.program = program
        endpoint = try #require(addresses["hub"])
    }

    /// Puts files into a repository at a commit, which `main` is then at.
    func put(_ files: [String: Data], in repository: String = "ann/tiny", commit: String = StandIn.commit) throws {
        let folder = "\(sandbox.root)/hub/\(repository)"
        for (name, data) in files {
            let path = "\(folder)/\(commit)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try data.write(to: URL(filePath: path))
        }
        try FileManager.default.createDirectory(atPath: "\(folder)/\(commit)", withIntermediateDirectories: true)
        try Data(#"{"main": "\#(commit)"}"#.utf8).write(to: URL(filePath: folder + "/refs.json"))
    }

    /// Says what goes wrong from now on, as JSON.
    func behave(_ json: String) throws {
        try Data(json.utf8).write(to: URL(filePath: sandbox.root + "/hub/behave.json"), options: .atomic)
    }

    /// A client, which notes how long it is to wait and does not wait.
    func client(token: String? = nil, authorities: String? = nil, endpoint: String? = nil) throws -> HubClient {
        var settings = HubSettings(endpoint: endpoint ?? self.endpoint, token: token, cache: sandbox.root + "/cache")
        settings.authorities = authorities.map { sandbox.root + "/" + $0 }
        return HubClient(
            try Fetcher(settings) { [self] seconds, why in waits.withLock { $0.append((seconds, why)) } })
    }

    /// Every request so far.
    func asked() throws -> [Asked] {
        let text = (try? String(contentsOfFile: sandbox.root + "/hub/requests.log", encoding: .utf8)) ?? ""
        return try text.split(separator: "\n").map { try JSONDecoder().decode(Asked.self, from: Data($0.utf8)) }
    }

    /// Bytes that are the same each time and of which no piece is like another.
    static func bytes(_ count: Int) -> Data {
        var state: UInt64 = 88_172_645_463_325_252
        return Data(
            (0..<count).map { _ in
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return UInt8(truncatingIfNeeded: state)
            })
    }
}

/// What came of a download.
final class Arrivals {
    var data = Data()
    var restarts = 0

    func restart() {
        data = Data()
        restarts += 1
    }
    func take(_ bytes: UnsafeRawBufferPointer) { data.append(contentsOf: bytes) }
}
