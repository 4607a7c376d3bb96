import ControlProtocol
import Foundation
import Ledger
import Nouns
import OperationsScene
import Testing

@testable import Feedback
@testable import Operations

/// Tokens: shown once, known again, never written down.
struct TokenTests {
    let scene: OperationsScene
    var tokens: TokenOperations { scene.operations.tokens }

    init() throws { scene = try OperationsScene() }

    private func code(_ work: () throws -> Void) -> String? {
        do { try work() } catch let failure as Failure { return failure.code } catch {}
        return nil
    }

    @Test(arguments: TokenRole.allCases)
    func aTokenIsKnownAgain(role: TokenRole) throws {
        let made = try tokens.add(AddTokenRequest(name: "ci", role: role), who: "root")
        let principal = try #require(try tokens.principal(made.token))
        #expect(principal.name == "ci" && principal.role.rawValue == role.rawValue)
        #expect(principal.owner.hasPrefix("token:"))
        #expect(try tokens.list().map(\.name) == ["ci"] && made.summary.createdBy == "root")
    }

    @Test func theFirstTokenEndsTheLackOfOne() throws {
        scene.context.problems.set(TokenOperations.problem, TokenOperations.noTokens)
        _ = try tokens.add(AddTokenRequest(name: "ci", role: .user), who: "root")
        #expect(scene.context.problems.all().isEmpty)
    }

    @Test func anotherTokenIsNot() throws {
        let made = try tokens.add(AddTokenRequest(name: "ci", role: .admin), who: "root")
        let last = made.token.last == "0" ? "1" : "0"
        for text in [
            "", "ft-", "ft--", made.token + "0", String(made.token.dropLast()), made.token.dropLast() + last,
            AccessToken().text, made.token.uppercased(), "sk-" + made.token.dropFirst(3),
        ] {
            #expect(try tokens.principal(String(text)) == nil, "\(text)")
        }
    }

    /// Nothing of the secret is in the ledger's files.
    @Test func theSecretIsNotKept() throws {
        let made = try tokens.add(AddTokenRequest(name: "ci", role: .user), who: "root")
        let secret = try #require(made.token.split(separator: "-").last)
        for ending in ["", "-wal"] {
            let data = try Data(contentsOf: URL(filePath: scene.sandbox.layout.ledger + ending))
            #expect(data.range(of: Data(secret.utf8)) == nil)
        }
        #expect(!"\(try tokens.list())".contains(secret))
    }

    @Test func aNameIsOfOneTokenAndCanBeGivenAgain() throws {
        let first = try tokens.add(AddTokenRequest(name: "ci", role: .user), who: "root")
        #expect(code { _ = try tokens.add(AddTokenRequest(name: "ci", role: .reader), who: "root") } == "tokens.exists")
        for name in ["", "two words", "-x", "a/b"] {
            #expect(
                code { _ = try tokens.add(AddTokenRequest(name: name, role: .user), who: "root") } == "request.name")
        }
        _ = try tokens.remove("ci", who: "root")
        #expect(try tokens.principal(first.token) == nil && tokens.list().isEmpty)
        #expect(code { _ = try tokens.remove("ci", who: "root") } == "tokens.unknown")
        let second = try tokens.add(AddTokenRequest(name: "ci", role: .user), who: "root")
        #expect(try tokens.principal(second.token)?.owner != tokens.principal(first.token)?.owner)
    }

    /// What removed users and tokens left is the admins', and names that a former version wrote become numbers.
    @Test func whatIsLeftBehindPassesToTheAdmins() async throws {
        let made = try tokens.add(AddTokenRequest(name: "ci", role: .user), who: "root")
        let token = try #require(try tokens.principal(made.token))
        let ledger = scene.context.ledger
        func keep(_ id: String, _ owner: String) throws {
            try ledger.add(
                KeptFile(
                    id: id, owner: owner, sha256: String(repeating: "0", count: 64), bytes: 1, name: id,
                    purpose: "fine-tune", createdAt: Date()))
        }
        try keep("file-1", token.owner)
        try keep("file-2", "ann")
        try keep("file-3", "bob")
        try keep("file-4", "uid:7")
        try keep("file-5", "uid:8")
        try keep("file-6", "loopback")
        let answers = CompletionStore(scene.context)
        for (id, owner) in [("c-1", token.owner), ("c-2", "uid:8"), ("c-3", "uid:7")] {
            _ = try CompletionFiles(layout: scene.context.layout).write(
                StoredCompletion(
                    id: id, pipeline: "p", version: nil, owner: owner, createdAt: Date(), completion: .object([:]),
                    messages: [], tools: nil, answer: Message(role: "assistant", content: "yes"), metadata: [:]))
        }
        var owners = Owners(scene.context, answers: answers)
        owners.userID = { $0 == "ann" ? 1000 : nil }
        owners.isGone = { $0 == 8 }
        func all() throws -> [String?] { try (1...6).map { try ledger.keptFile("file-\($0)")?.owner } }
        try owners.settle()
        #expect(answers.owners() == [token.owner, "admins", "uid:7"])
        #expect(try all() == [token.owner, "uid:1000", "admins", "uid:7", "admins", "loopback"])
        _ = try tokens.remove("ci", who: "root")
        try owners.settle()
        try owners.settle()
        #expect(answers.owners() == ["admins", "uid:7"] && CompletionStore(scene.context).owners() == answers.owners())
        #expect(try all() == ["admins", "uid:1000", "admins", "uid:7", "admins", "loopback"])
        #expect(try scene.operations.files.show("file-1", who: "root").id == "file-1")
        #expect(throws: Failure.self) { try scene.operations.files.show("file-1", who: "ann") }
    }
}
