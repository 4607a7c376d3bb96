import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Platform
import Testing

@testable import ControlAPI

struct ErrorTests {
    @Test(arguments: [
        ("run.unknown", 404), ("run.transition", 409), ("pipeline.busy", 409), ("disk.full", 507), ("internal", 500),
        ("request.too_large", 413), ("rollback.nothing", 400),
    ])
    func theStatusFollowsTheCode(code: String, status: Int) {
        #expect(ErrorStatus(code).number == status)
    }

    private func answer(_ error: any Error) async throws -> Ask.Reply {
        var routes = Routes()
        routes.on(.status.show) { _ in throw error }
        return try await Ask(routes)(.get, "/v1/status")
    }

    @Test func aFailureIsAnsweredAsItIs() async throws {
        let failure = Failure(code: "a.unknown", "There is none.", at: "x", remedy: "Look.", cause: "y")
        let reply = try await answer(failure)
        #expect(reply.status == 404)
        #expect(try reply.failure() == failure)
    }

    /// OpenAI's clients show the message alone, which therefore ends with the remedy; who has both says it once.
    @Test(arguments: [APIDialect.control, .openAI]) func theRemedyIsSaidOnce(dialect: APIDialect) {
        let failure = Failure(code: "a.unknown", "There is none.", at: "x", remedy: "Look.")
        let answer = ErrorAnswer(failure, dialect: dialect)
        #expect(answer.error.message == (dialect == .openAI ? "There is none. Look." : "There is none."))
        #expect(answer.failure.message == failure.message && answer.failure.remedy == failure.remedy)
    }

    @Test func aFullDiskIsSaid() async throws {
        let reply = try await answer(FileFailure("write it", "/a", errno: ENOSPC))
        #expect(reply.status == 507)
        #expect(try reply.failure().code == "disk.full")
        #expect(try reply.failure().place == "/a")
    }

    /// A damaged file of the daemon is no fault of the request, though it is a decoder that says so.
    @Test func whatOnlyTheDaemonCanMendIs500() async throws {
        struct Unforeseen: Error {}
        let damaged = DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "cut off"))
        for error in [Unforeseen() as any Error, damaged] {
            let reply = try await answer(error)
            #expect(reply.status == 500)
            #expect(try reply.failure().code == "internal")
        }
    }

    @Test func aDaemonThatStopsIs503() async throws {
        let reply = try await answer(CancellationError())
        #expect(reply.status == 503)
        #expect(try reply.failure().code == "daemon.stopping")
    }
}
