import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Testing

struct EndpointCallTests {
    @Test func aRequestHasThePathTheQueryAndTheChoiceOfItsEndpoint() {
        #expect(RunEndpoints.show("r-000042").path == "/v1/runs/r-000042")
        #expect(
            VersionEndpoints.show(VersionPlace("support", "current")).path == "/v1/pipelines/support/versions/current")
        let runs = RunEndpoints.list(RunQuery(pipeline: "support", state: .promoted))
        #expect(runs.query == ["pipeline": "support", "state": "promoted"])
        #expect(RunEndpoints.events("r-1", NoticeQuery(follow: true, from: 3)).query == ["follow": "1", "from": "3"])
        #expect(RunEndpoints.report("r-1").query.isEmpty)
        #expect(RunEndpoints.reportPage("r-1").query == ["format": "html"])
        let at = Date(timeIntervalSince1970: 1_795_000_000)
        #expect(PipelineEndpoints.history("support", HistoryQuery(at: at)).query == ["at": "2026-11-18T11:06:40Z"])
        let rows = DataEndpoints.removed("support", SetAsideQuery(drop: "d-1", limit: 5))
        #expect(rows.query == ["drop": "d-1", "limit": "5", "removed": "1"])
    }

    /// What is written here must go on to compile: it is how commands ask.
    @Test func everyKindOfEndpointIsSentByItsName() async {
        let client = ControlClient(socket: "/nonexistent/finetuned.sock")
        await #expect(throws: Failure.self) { _ = try await client.send(.status.show()) }
        await #expect(throws: Failure.self) { _ = try await client.send(.runs.show("r-1")) }
        await #expect(throws: Failure.self) { _ = try await client.send(.runs.list(.init(state: .promoted))) }
        await #expect(throws: Failure.self) {
            _ = try await client.send(.pipelines.run("support", RunRequest(reason: "asked")))
        }
        await #expect(throws: Failure.self) { _ = try await client.send(.bases.remove("smollm2")) }
        await #expect(throws: Failure.self) { _ = try await client.send(.runs.reportPage("r-1")) }
        await #expect(throws: Failure.self) {
            try await client.lines(.runs.events("r-1", NoticeQuery(follow: true))) { notice in notice.index < 3 }
        }
        await #expect(throws: Failure.self) {
            try await client.pieces(.data.export(DataExportQuery(id: "support"))) { _ in }
        }
        await #expect(throws: Failure.self) {
            try await client.upload(.uploads.put(UploadPlace("u-1", file: "a.gguf")), file: "/nonexistent.gguf")
        }
    }
}
