import ControlProtocol
import Foundation
import Ledger
import Logging
import Nouns
import OperationsScene
import Platform
import Settings
import StageKit
import Synchronization
import TestSupport

@testable import Feedback

/// A pipeline `p`, what is kept of its answers, and passes made by hand. What would become a drop is noted; what would
/// be rolled back is too.
final class FeedbackScene: Sendable {
    struct Received: Sendable {
        var id: DropID
        var rows: [JSONValue]
        var raters: [String]
    }

    let sandbox: Sandbox
    let context: StageContext
    let store: CompletionStore
    private let state = Mutex<(received: [Received], withdrawn: [DropID], rolledBack: [String])>(([], [], []))

    /// - Parameter toml: what the pipeline's file says after `base = "tiny"`.
    init(_ toml: String = "") throws {
        sandbox = try Sandbox()
        try sandbox.pipeline("p", "base = \"tiny\"\n" + toml)
        let settings = SettingsFolder.read(sandbox.layout)
        if let problem = settings.problems.first { throw problem }
        try AtomicFile.makeFolder(sandbox.layout.state)
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger), settings: LiveSettings(settings),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        store = CompletionStore(context)
    }

    var received: [Received] { state.withLock { $0.received } }
    var withdrawn: [DropID] { state.withLock { $0.withdrawn } }
    var rolledBack: [String] { state.withLock { $0.rolledBack } }

    /// What a daemon does that begins anew on the same state.
    func restarted() -> CompletionStore { CompletionStore(context) }

    /// Keeps an answer of the version `v-1`; returns its identifier.
    @discardableResult
    func keep(
        _ id: String, _ question: String = "What is up?", _ answer: String = "The sky.", of owner: Principal = "ann",
        age days: Double = 0, version: VersionID? = "v-1", wanted: Bool? = true, metadata: [String: String] = [:]
    ) throws -> Bool {
        try store.keep(
            Self.completion(id, question, answer, of: owner, age: days, version: version, metadata: metadata),
            wanted: wanted)
    }

    static func completion(
        _ id: String, _ question: String = "What is up?", _ answer: String = "The sky.", of owner: Principal = "ann",
        age days: Double = 0, version: VersionID? = "v-1", metadata: [String: String] = [:]
    ) -> StoredCompletion {
        StoredCompletion(
            id: id, pipeline: "p", version: version, owner: owner.owner,
            createdAt: Date(timeIntervalSinceNow: -days * 86_400),
            completion: [
                "id": .string(id), "model": .string("ft:tiny:local:p"),
                "choices": [["message": ["role": "assistant", "content": .string(answer)]]],
            ],
            messages: [Message(role: "user", content: question)], tools: nil,
            answer: Message(role: "assistant", content: answer), metadata: metadata)
    }

    @discardableResult
    func rate(
        _ id: String, good: Bool = false, correction: String? = nil, by rater: String = "ann", who: Principal = "ann",
        age seconds: Double = 0
    ) throws -> StoredCompletion {
        let rating = Rating(
            isGood: good, correction: correction, by: rater, at: Date(timeIntervalSinceNow: -seconds))
        return try store.rate(id, rating, who: who, withdraw: withdraw)
    }

    func withdraw(_ drop: DropID) throws { state.withLock { $0.withdrawn.append(drop) } }

    /// One pass of the service, with the drops that it makes entered into the ledger as stored.
    func pass(at now: Date = Date()) throws {
        try FeedbackService(
            context, store,
            receive: { [self] data, id, name, raters, pipeline in
                let rows = try data.split(separator: 10).map {
                    try ContractCoding.decode(JSONValue.self, from: Data($0))
                }
                state.withLock { $0.received.append(Received(id: id, rows: rows, raters: raters)) }
                var drop = Drop(
                    id: id, pipeline: pipeline, name: name, sha256: id.rawValue, bytes: data.count, state: .received,
                    receivedAt: now)
                drop.raters = raters
                _ = try context.ledger.receive(drop)
            },
            rollBack: { [self] pipeline, version, reason in
                state.withLock { $0.rolledBack.append("\(pipeline) \(version): \(reason)") }
            }
        ).pass(now)
        if let failure = context.problems.all().first { throw failure }
    }

    /// Everything that lies on the disk of feedback, as text.
    func onDisk() throws -> String {
        let folder = sandbox.layout.allFeedback
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.compactMap { try? String(contentsOfFile: folder + "/" + $0, encoding: .utf8) }.joined()
    }
}
