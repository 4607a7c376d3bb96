import ControlProtocol
import Foundation
import HTTPTypes
import NIOCore
import Nouns
import OperationsScene
import Testing

@testable import ControlAPI

/// Every route once, on a ledger with one run of each kind that the routes ask about.
struct RouteTests {
    /// What is asked, and what comes: the status, or the code of the failure.
    struct Case: CustomTestStringConvertible {
        var endpoint: String
        var method: HTTPRequest.Method
        var path: String
        var body = ""
        var comes: String
        var testDescription: String { "\(method) \(path)" }

        init(_ endpoint: String, _ method: HTTPRequest.Method, _ path: String, _ comes: String, body: String = "") {
            (self.endpoint, self.method, self.path, self.body, self.comes) = (endpoint, method, path, body, comes)
        }
    }

    static let cases = [
        Case("status.show", .get, "/v1/status", "200"),
        Case("status.verify", .post, "/v1/verify", "200"),
        Case("status.live", .get, "/healthz", "200"),
        Case("status.ready", .get, "/readyz", "200"),
        Case("status.metrics", .get, "/metrics", "200"),
        Case("status.openAPI", .get, "/openapi.json", "200"),
        Case("pipelines.list", .get, "/v1/pipelines", "200"),
        Case("pipelines.show", .get, "/v1/pipelines/support", "200"),
        Case("pipelines.show", .get, "/v1/pipelines/nobody", "404 pipeline.unknown"),
        Case("pipelines.outlook", .get, "/v1/pipelines/support/outlook", "200"),
        Case("pipelines.outlook", .get, "/v1/pipelines/nobody/outlook", "404 pipeline.unknown"),
        Case("pipelines.settings", .get, "/v1/pipelines/support/settings", "200"),
        Case("pipelines.settings", .get, "/v1/pipelines/nobody/settings", "404 pipeline.unknown"),
        Case("pipelines.check", .get, "/v1/pipelines/support/check", "200"),
        Case("pipelines.check", .get, "/v1/pipelines/nobody/check", "404 pipeline.unknown"),
        Case("pipelines.run", .post, "/v1/pipelines/support/runs", "400 pipeline.no_rows", body: "{}"),
        Case("pipelines.run", .post, "/v1/pipelines/nobody/runs", "404 pipeline.unknown", body: "{}"),
        Case(
            "pipelines.generate", .post, "/v1/pipelines/support/generate",
            "200", body: #"{"prompts":["x"],"useBase":true,"maxNewTokens":4,"temperature":0}"#),
        Case(
            "pipelines.rollback", .post, "/v1/pipelines/support/rollback", "400 rollback.nothing",
            body: #"{"reason":"x"}"#),
        Case(
            "pipelines.rename", .post, "/v1/pipelines/support/rename", "409 pipeline.configured",
            body: "{\"name\": \"other\"}"),
        Case(
            "pipelines.retire", .post, "/v1/pipelines/support/retire", "409 pipeline.configured",
            body: "{\"reason\": \"r\", \"erase\": false}"),
        Case(
            "pipelines.share", .post, "/v1/pipelines/support/share", "400 pipeline.not_made",
            body: #"{"user":"ben","shared":true}"#),
        Case("pipelines.history", .get, "/v1/pipelines/support/history", "200"),
        Case("pipelines.history", .get, "/v1/pipelines/support/history?at=2026-11-24T12:00:00Z", "200"),
        Case("pipelines.verify", .get, "/v1/pipelines/support/history?verify=1", "200"),
        Case("runs.list", .get, "/v1/runs?pipeline=support&state=queued&limit=5", "200"),
        Case("runs.show", .get, "/v1/runs/r-000001", "200"),
        Case("runs.show", .get, "/v1/runs/r-000009", "404 run.unknown"),
        Case("runs.events", .get, "/v1/runs/r-000001/events?from=0", "200"),
        Case("runs.report", .get, "/v1/runs/r-000001/report", "200"),
        Case("runs.report", .get, "/v1/runs/r-000001/report?format=json", "200"),
        Case("runs.reportText", .get, "/v1/runs/r-000001/report?format=text", "200"),
        Case("runs.reportPage", .get, "/v1/runs/r-000001/report?format=html", "200"),
        Case("runs.examples", .get, "/v1/runs/r-000001/examples?set=gate&order=fixes&limit=5", "200"),
        Case(
            "runs.promote", .post, "/v1/runs/r-000001/promote", "409 run.transition",
            body: #"{"reason":"x","force":false}"#),
        Case("runs.pause", .post, "/v1/runs/r-000001/pause", "200"),
        Case("runs.resume", .post, "/v1/runs/r-000001/resume", "409 run.transition"),
        Case("runs.cancel", .post, "/v1/runs/r-000001/cancel", "200", body: "{}"),
        Case("drops.list", .get, "/v1/drops?pipeline=support&limit=5", "200"),
        Case(
            "drops.add", .post, "/v1/pipelines/support/drops", "404 upload.unknown",
            body: #"{"upload":"u-1","file":"rows","name":"a.csv","origin":{}}"#),
        Case("drops.report", .get, "/v1/drops/d-1/report", "404 drop.unknown"),
        Case(
            "drops.revoke", .post, "/v1/drops/d-1/revoke", "404 lineage.unknown", body: #"{"reason":"x","erase":false}"#
        ),
        Case("data.list", .get, "/v1/pipelines/support/data", "200"),
        Case("data.report", .get, "/v1/pipelines/support/data/report?drop=d-1", "404 report.unknown"),
        Case("data.removed", .get, "/v1/pipelines/support/data/report?removed=1&limit=5", "200"),
        Case("data.show", .get, "/v1/data/show?id=s-1", "200"),
        Case("data.difference", .get, "/v1/data/diff?a=s-1&b=s-1", "200"),
        Case("data.export", .get, "/v1/data/export?id=support&split=train", "200"),
        Case("data.lineage", .get, "/v1/data/lineage?id=s-1", "200"),
        Case("versions.list", .get, "/v1/pipelines/support/versions", "200"),
        Case("versions.show", .get, "/v1/pipelines/support/versions/current", "404 version.unknown"),
        Case(
            "versions.annotate", .post, "/v1/pipelines/support/versions/v-1", "404 version.unknown",
            body: #"{"tags":{"a":"b"}}"#),
        Case("versions.alias", .post, "/v1/pipelines/support/aliases", "404 alias.unknown", body: #"{"name":"good"}"#),
        Case("versions.compare", .get, "/v1/compare?pipeline=support&a=v-1&b=v-2", "404 version.unknown"),
        Case(
            "versions.export", .post, "/v1/exports", "404 version.unknown",
            body: #"{"model":"support","format":"peft"}"#),
        Case("versions.exported", .get, "/v1/exports/v-1/peft", "404 export.unknown"),
        Case("versions.exportedFile", .get, "/v1/exports/v-1/peft/README.md", "404 export.unknown"),
        Case("versions.pack", .get, "/v1/versions/v-1/pack", "404 version.unknown"),
        Case(
            "versions.add", .post, "/v1/pipelines/support/versions", "404 upload.unknown",
            body: #"{"upload":"u-1","file":"version.ftv"}"#),
        Case("audit.list", .get, "/v1/audit", "200"),
        Case("backups.open", .post, "/v1/backups", "200"),
        Case("backups.close", .delete, "/v1/backups/b-1", "404 backup.unknown"),
        Case("versions.garbage", .get, "/v1/garbage", "200"),
        Case("versions.clear", .post, "/v1/garbage", "200", body: "{}"),
        Case("engines.list", .get, "/v1/engines", "200"),
        Case("engines.show", .get, "/v1/engines/builtin", "200"),
        Case("engines.show", .get, "/v1/engines/nobody", "404 engine.unknown"),
        Case("engines.check", .post, "/v1/engines/nobody/check", "404 engine.unknown"),
        Case("bases.list", .get, "/v1/bases", "200"),
        Case("bases.add", .post, "/v1/bases", "404 upload.unknown", body: #"{"upload":"u-1"}"#),
        Case("bases.show", .get, "/v1/bases/tiny", "200"),
        Case("bases.show", .get, "/v1/bases/huge", "404 base.unknown"),
        Case("bases.remove", .delete, "/v1/bases/tiny", "409 base.in_use"),
        Case("bases.recommend", .post, "/v1/pipelines/nobody/recommend", "404 pipeline.unknown", body: #"{"rows":4}"#),
        Case(
            "bases.recommendData", .post, "/v1/recommend", "404 upload.unknown",
            body: #"{"upload":"u-1","file":"a.jsonl","rows":4}"#),
        Case("stored.list", .get, "/v1/chat/completions?limit=2&order=desc&metadata[a]=b", "200"),
        Case("stored.show", .get, "/v1/chat/completions/chatcmpl-1", "404 completion.unknown"),
        Case("stored.update", .post, "/v1/chat/completions/chatcmpl-1", "404 completion.unknown", body: "{}"),
        Case("stored.remove", .delete, "/v1/chat/completions/chatcmpl-1", "404 completion.unknown"),
        Case("stored.messages", .get, "/v1/chat/completions/chatcmpl-1/messages", "404 completion.unknown"),
        Case(
            "feedback.rate", .post, "/v1/feedback", "404 completion.unknown",
            body: #"{"completion_id":"chatcmpl-1","rating":"good"}"#),
        Case(
            "feedback.rate", .post, "/v1/feedback", "400 request.value",
            body: #"{"completion_id":"chatcmpl-1","rating":"good","correction":"x"}"#),
        Case("feedback.list", .get, "/v1/pipelines/support/feedback?limit=5", "200"),
        Case("feedback.list", .get, "/v1/pipelines/nobody/feedback", "404 pipeline.unknown"),
        Case("files.create", .post, "/v1/files", "400 request.body", body: "no form"),
        Case("files.list", .get, "/v1/files?limit=2", "200"),
        Case("files.show", .get, "/v1/files/file-1", "404 file.unknown"),
        Case("files.content", .get, "/v1/files/file-1/content", "404 file.unknown"),
        Case("files.remove", .delete, "/v1/files/file-1", "404 file.unknown"),
        Case(
            "parts.begin", .post, "/v1/uploads", "200",
            body: #"{"bytes":1,"filename":"a","mime_type":"text/jsonl","purpose":"fine-tune"}"#),
        Case("parts.add", .post, "/v1/uploads/upload_1/parts", "404 upload.unknown", body: "no form"),
        Case(
            "parts.complete", .post, "/v1/uploads/upload_1/complete", "404 upload.unknown", body: #"{"part_ids":[]}"#),
        Case("parts.cancel", .post, "/v1/uploads/upload_1/cancel", "404 upload.unknown"),
        Case("uploads.open", .post, "/v1/transfers", "200", body: "{}"),
        Case("uploads.resume", .post, "/v1/transfers/resume", "200", body: #"{"key":"k","note":"n","onlyOpen":false}"#),
        Case("uploads.room", .get, "/v1/transfers/room?id=new", "200"),
        Case("uploads.room", .get, "/v1/transfers/room?id=tiny", "409 base.exists"),
        Case("uploads.size", .head, "/v1/transfers/u-1/a.gguf", "404 upload.unknown"),
        Case("uploads.put", .put, "/v1/transfers/u-1/a.gguf", "404 upload.unknown", body: "bytes"),
        Case("uploads.put", .put, "/v1/transfers/u-1/a.gguf?offset=x", "400 request.offset", body: "bytes"),
        Case("bases.look", .post, "/v1/look", "404 upload.unknown", body: #"{"upload":"u-1","sizes":{}}"#),
        Case("tokens.add", .post, "/v1/tokens", "200", body: #"{"name":"ci","role":"reader"}"#),
        Case("tokens.list", .get, "/v1/tokens", "200"),
        Case("tokens.remove", .delete, "/v1/tokens/ci", "404 tokens.unknown"),
        Case("experiments.list", .get, "/v1/experiments?pipeline=support&limit=5", "200"),
        Case("experiments.start", .post, "/v1/pipelines/nobody/experiments", "404 pipeline.unknown", body: "{}"),
        Case("experiments.show", .get, "/v1/experiments/e-000009", "404 experiment.unknown"),
        Case("experiments.page", .get, "/v1/experiments/e-000009?format=html", "404 experiment.unknown"),
        Case("experiments.table", .get, "/v1/experiments/e-000009?format=csv", "404 experiment.unknown"),
        Case("models.list", .get, "/v1/models", "200"),
        Case("models.show", .get, "/v1/models/tiny", "200"),
        Case("models.show", .get, "/v1/models/ft:tiny:local:support", "200"),
        Case("models.show", .get, "/v1/models/huge", "404 model_not_found"),
        Case("models.delete", .delete, "/v1/models/tiny", "400 unsupported_value"),
        Case(
            "chat.create", .post, "/v1/chat/completions", "200",
            body: #"{"model":"support","messages":[{"role":"user","content":"hi"}]}"#),
        Case("chat.create", .post, "/v1/chat/completions", "400 request.body", body: "{}"),
        Case(
            "completions.create", .post, "/v1/completions", "200", body: #"{"model":"support","prompt":"Once"}"#),
        Case(
            "graders.validate", .post, "/v1/fine_tuning/alpha/graders/validate", "400 request.grader",
            body: #"{"grader":{"type":"python"}}"#),
        Case(
            "graders.run", .post, "/v1/fine_tuning/alpha/graders/run", "200",
            body: #"{"grader":{"type":"string_check","name":"x","operation":"eq","input":"{{sample.output_text}}","#
                + #""reference":"{{item.want}}"},"model_sample":"a","item":{"want":"a"}}"#),
        Case("responses.create", .post, "/v1/responses", "200", body: #"{"model":"support","input":"hi"}"#),
        Case(
            "decisions.create", .post, "/v1/decisions", "200",
            body: #"{"model":"support","input":"a","questions":[{"type":"predicate","instructions":"?"}]}"#),
        Case(
            "jobs.create", .post, "/v1/fine_tuning/jobs", "400 request.value",
            body: #"{"model":"tiny","training_file":"file-1"}"#),
        Case("jobs.list", .get, "/v1/fine_tuning/jobs?limit=5&metadata[team]=a", "200"),
        Case("jobs.show", .get, "/v1/fine_tuning/jobs/ftjob-1", "404 job.unknown"),
        Case("jobs.cancel", .post, "/v1/fine_tuning/jobs/ftjob-1/cancel", "404 job.unknown"),
        Case("jobs.pause", .post, "/v1/fine_tuning/jobs/ftjob-1/pause", "404 job.unknown"),
        Case("jobs.events", .get, "/v1/fine_tuning/jobs/ftjob-1/events?limit=2", "404 job.unknown"),
        Case("jobs.checkpoints", .get, "/v1/fine_tuning/jobs/ftjob-1/checkpoints?limit=2", "404 job.unknown"),
        Case("jobs.follow", .get, "/v1/fine_tuning/jobs/ftjob-1/events?stream=true", "404 job.unknown"),
        Case("jobs.resume", .post, "/v1/fine_tuning/jobs/ftjob-1/resume", "404 job.unknown"),
        Case("experiments.stop", .post, "/v1/experiments/e-000009/stop", "404 experiment.unknown", body: "{}"),
    ]

    static func scene() throws -> OperationsScene {
        let scene = try OperationsScene()
        let run = try scene.queue().id
        let row = { OperationsScene.example($0, loss: 1, output: $1) }
        try scene.judge(run, candidate: [row("a", "yes")], served: [row("a", "no")])
        return scene
    }

    @Test(arguments: cases)
    func theRouteAnswers(_ asked: Case) async throws {
        let reply = try await Ask(try Self.scene())(asked.method, asked.path, asked.body)
        let code = reply.status == 200 ? "" : " " + (try reply.failure().code)
        #expect("\(reply.status)\(code)" == asked.comes, "\(reply.text)")
        let endpoint = try #require(ControlAPITable.all.first { $0.name == asked.endpoint })
        let type = reply.status == 200 ? endpoint.answer.mediaType : "application/json"
        #expect(reply.headers[.contentType] == type)
    }

    @Test func everyRouteIsAsked() {
        #expect(Set(Self.cases.map(\.endpoint)) == Set(ControlAPITable.all.map(\.name)))
    }

    @Test func aPathThatThereIsNotNamesThoseThatThereAre() async throws {
        let ask = Ask(try OperationsScene())
        let near = try await ask(.get, "/v1/runs/r-000001/nonsense")
        #expect(near.status == 404)
        #expect(try near.failure().code == "unknown_url")
        #expect(try near.failure().remedy?.contains("/v1/runs/{run}/examples") == true)
        let far = try await ask(.get, "/v2/everything")
        #expect(far.status == 404)
        for group in ["/v1/status", "/v1/runs", "/v1/experiments"] {
            #expect(try far.failure().remedy?.contains(group) == true)
        }
    }

    @Test func theRequestDecidesWhatIsAnswered() async throws {
        let scene = try Self.scene()
        let ask = Ask(scene)
        let fixes = try await ask(.get, "/v1/runs/r-000001/examples?order=fixes").decoded([ExampleComparison].self)
        #expect(fixes.map { $0.candidate.row } == ["a"])
        let regressions = try await ask(.get, "/v1/runs/r-000001/examples?order=regressions")
        #expect(regressions.text == "[]")
        #expect(try await ask(.get, "/v1/runs?state=promoted").text == "[]")
        #expect(try await ask(.get, "/v1/runs?state=queued").decoded([Run].self).map(\.id) == ["r-000001"])
        #expect(try await ask(.get, "/v1/runs/r-000001/report?format=html").text.contains("<html"))
    }

    @Test func anUploadGoesOnInPartsAndHeadTellsHowFarItIs() async throws {
        let ask = Ask(try OperationsScene())
        let upload = try await ask(
            .post, "/v1/transfers/resume", #"{"key":"k","note":"n","onlyOpen":false}"#
        ).decoded(ResumedUpload.self)
        let path = "/v1/transfers/\(upload.id)/a.gguf"
        #expect(try await ask(.put, path + "?offset=0", "one ").decoded(UploadedAnswer.self).bytes == 4)
        let wrong = try await ask(.put, path + "?offset=5", "two")
        #expect(try wrong.status == 409 && wrong.failure().place == "4")
        let head = try await ask(.head, path)
        #expect(try head.headers[#require(HTTPField.Name("upload-offset"))] == "4" && head.text.isEmpty)
        #expect(try await ask(.put, path + "?offset=4", "two").decoded(UploadedAnswer.self).bytes == 7)
    }

    @Test func anOrderIsRecordedWithWhoGaveIt() async throws {
        let scene = try Self.scene()
        let run = try await Ask(scene)(.post, "/v1/runs/r-000001/cancel", "{}").decoded(Run.self)
        #expect(run.cause?.message == "Cancelled by ada.")
    }

    @Test func aStoryIsOneNoticeALine() async throws {
        let scene = try Self.scene()
        scene.feed.tell("r-000001", .queued, message: "one")
        scene.feed.tell("r-000001", .training, message: "two")
        scene.feed.close("r-000001")
        let reply = try await Ask(scene)(.get, "/v1/runs/r-000001/events?follow=1")
        let lines = reply.text.split(separator: "\n")
        let notices = try lines.map { try ContractCoding.decode(RunNotice.self, from: Data($0.utf8)) }
        #expect(notices.map(\.message) == ["one", "two"])
        #expect(reply.text.hasSuffix("\n"))
    }

    @Test func anUploadIsTakenAsItComes() async throws {
        let scene = try OperationsScene()
        let ask = Ask(scene)
        let upload = try await ask(.post, "/v1/transfers").decoded(UploadAnswer.self)
        let pieces = ["one ", "two"].map { ByteBuffer(string: $0) }
        let reply = try await ask(.put, "/v1/transfers/\(upload.id)/a%2Egguf", pieces: pieces)
        #expect(try reply.decoded(UploadedAnswer.self) == UploadedAnswer(bytes: 7))
        let path = scene.sandbox.layout.uploads + "/\(upload.id)/a.gguf"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one two")
    }

    @Test func valuesArePercentDecodedAndAPlusIsAPlus() async throws {
        let ask = Ask(try OperationsScene())
        let failure = try await ask(.get, "/v1/data/show?id=a%20b+c%26d").failure()
        #expect(failure.message.contains("a b+c&d"))
        #expect(try await ask(.get, "/v1/runs/r%2D1").failure().place == "r-1")
        #expect(try await ask(.get, "/v1/pipelines/support/history?at=2026-11-24T12%3A00%3A00Z").status == 200)
    }
}
