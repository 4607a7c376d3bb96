import Monitoring
import Nouns
import OperationsScene
import Testing

@testable import ControlAPI

/// What is counted of requests: by the route that they met, never by what a caller made up.
struct RequestCountTests {
    @Test func requestsAreCountedByRouteStatusAndModel() async throws {
        let scene = try OperationsScene()
        let (ask, meters) = (Ask(scene), scene.context.meters)
        for _ in 0..<3 { _ = try await ask(.get, "/v1/pipelines/support") }
        _ = try await ask(.get, "/v1/pipelines/made-up-1")
        _ = try await ask(.get, "/v1/made-up-2")
        _ = try await ask(.get, "/v1/pipelines?made-up-3=1")
        #expect(meters.value(.requests, "GET /v1/pipelines/{pipeline}", "200", "") == 3)
        #expect(meters.value(.requests, "GET /v1/pipelines/{pipeline}", "404", "") == 1)
        #expect(meters.value(.requests, "other", "404", "") == 1)
        #expect(meters.value(.requests, "GET /v1/pipelines", "400", "") == 1)
        #expect(meters.observed(.requestSeconds) == 6)
        #expect(try await ask(.get, "/metrics").text.contains("made-up") == false)
    }

    @Test func theAnswerHasTheMediaTypeOfTheFormat() async throws {
        let reply = try await Ask(try OperationsScene())(.get, "/metrics")
        #expect(reply.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(reply.text.contains("# TYPE finetuned_requests_total") == false)
        #expect(reply.text.contains("# TYPE finetuned_build_info gauge"))
        #expect(reply.text.hasSuffix("\n"))
    }
}
