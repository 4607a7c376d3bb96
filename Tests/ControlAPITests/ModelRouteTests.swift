import ControlProtocol
import Foundation
import HTTPTypes
import Ledger
import Nouns
import OperationsScene
import Platform
import Testing

@testable import ControlAPI

/// OpenAI's model routes on three versions, of which two begin alike and one alone has its files.
struct ModelRouteTests {
    private let scene: OperationsScene
    private let ask: Ask

    init() throws {
        scene = try OperationsScene()
        for id: VersionID in ["v-0123456789ab", "v-01234567cdef", "v-ffffffffffff"] {
            let run = try scene.queue()
            try scene.context.ledger.add(
                ModelVersion(
                    id: id, pipeline: "support", run: run.id, base: "tiny", baseDigest: "d", adapters: [],
                    snapshot: run.snapshot, recipe: Recipe(), createdAt: Date(timeIntervalSince1970: 1_795_000_000),
                    code: "c", machine: "m"))
        }
        let record = scene.context.layout.versionRecord("support", "v-0123456789ab")
        try AtomicFile.makeFolder(scene.context.layout.version("support", "v-0123456789ab"))
        try AtomicFile.write(Data("{}".utf8), to: record)
        ask = Ask(scene)
    }

    @Test func whatCanAnswerIsListed() async throws {
        let list = try await ask(.get, "/v1/models").decoded(WireList<WireModel>.self)
        #expect(list.data.map(\.id) == ["ft:tiny:local:support", "ft:tiny:local:support:01234567", "tiny"])
        #expect(list.data[1].created == 1_795_000_000)
    }

    @Test(arguments: [
        ("ft:tiny:local:support:0123456789", "200"), ("v-0123456789ab", "200"), ("ft%3Atiny:local:support", "200"),
        ("ft:tiny:local:support:01234567", "400 model.ambiguous"), ("ft:tiny:local:support:", "404 model_not_found"),
        ("ft:tiny:local:support:ffff", "404 model_not_found"), ("ft:other:local:support", "404 model_not_found"),
        ("ft:tiny:acme:support", "404 model_not_found"), ("ft:tiny:local:support:0:1", "404 model_not_found"),
    ])
    func aNameMeansOneModelOrIsRefused(name: String, comes: String) async throws {
        let reply = try await ask(.get, "/v1/models/" + name)
        let code = reply.status == 200 ? "" : " " + (try reply.decoded(ErrorAnswer.self).error.code)
        #expect("\(reply.status)\(code)" == comes, "\(reply.text)")
        if reply.status != 200 { #expect(try reply.decoded(ErrorAnswer.self).error.param == "model") }
    }

    @Test func anUnknownNameIsToldThoseThereAre() async throws {
        let error = try await ask(.get, "/v1/models/gpt-4").decoded(ErrorAnswer.self).error
        #expect(error.type == "invalid_request_error")
        #expect(error.message.contains("'gpt-4'") && error.message.contains("support, tiny"))
    }

    @Test func aVersionThatIsNeededStaysAndIsNotAskedForAgain() async throws {
        let reply = try await ask(.delete, "/v1/models/v-0123456789ab")
        #expect(reply.status == 409)
        #expect(try reply.failure().code == "version.in_use")
        #expect(try reply.failure().message.contains("is queued"))
        #expect(reply.headers[try #require(HTTPField.Name("x-should-retry"))] == "false")
        #expect(try await ask(.get, "/v1/models/v-0123456789ab").status == 200)
    }
}
