import ControlProtocol
import Foundation
import Ledger
import Nouns
import OperationsScene
import Platform
import Settings
import StageKit
import TestSupport
import Testing
import WorkerProtocol

@testable import ControlAPI

/// OpenAI's routes of fine-tuning jobs: what is refused and by which field, whose a pipeline is, and what a job says of
/// its run.
struct JobRouteTests {
    private let scene: OperationsScene
    private let ask: Ask
    private static let ada = Principal(owner: "uid:70001", name: "ada", role: .user)
    private static let ben = Principal(owner: "uid:70002", name: "ben", role: .user)

    init() throws {
        scene = try OperationsScene()
        var ask = Ask(scene)
        ask.principal = Self.ada
        self.ask = ask
        for (id, owner) in [("file-a", Self.ada.owner), ("file-b", Self.ben.owner)] {
            try scene.context.ledger.add(
                KeptFile(
                    id: id, owner: owner, sha256: String(repeating: "a", count: 64), bytes: 1, name: "a.jsonl",
                    purpose: "fine-tune", createdAt: Date(timeIntervalSince1970: 1_795_000_000)))
        }
    }

    private func create(_ more: String = "") async throws -> Ask.Reply {
        try await ask(
            .post, "/v1/fine_tuning/jobs",
            #"{"model":"tiny","training_file":"file-a""# + (more.isEmpty ? "" : ",") + more + "}")
    }

    private func made(_ more: String = "") async throws -> JobObject {
        let reply = try await create(more)
        #expect(reply.status == 200, "\(reply.text)")
        return try reply.decoded(JobObject.self)
    }

    @Test(arguments: [
        (#"{"training_file":"file-a"}"#, "model"), (#"{"model":"tiny"}"#, "training_file"),
        (#"{"model":"tiny","training_file":"file-b"}"#, "training_file"),
        (#"{"model":"tiny","training_file":"ftjob-1"}"#, "training_file"),
        (#"{"model":"tiny","training_file":7}"#, "training_file"),
        (#"{"model":"tiny","training_file":"file-a","validation_file":"file-b"}"#, "validation_file"),
        (#"{"model":"tiny","training_file":"file-a","seed":-1}"#, "seed"),
        (#"{"model":"tiny","training_file":"file-a","suffix":"***"}"#, "suffix"),
        (#"{"model":"tiny","training_file":"file-a","suffix":""}"#, "suffix"),
        (#"{"model":"tiny","training_file":"file-a","suffix":"cancel"}"#, "suffix"),
        (#"{"model":"tiny","training_file":"file-a","suffix":"Support"}"#, "suffix"),
        (#"{"model":"tiny","training_file":"file-a","metadata":{"a":1}}"#, "metadata.a"),
        (#"{"model":"tiny","training_file":"file-a","integrations":[{"type":"wandb"}]}"#, "integrations"),
        (#"{"model":"tiny","training_file":"file-a","hyperparameters":{"n_epochs":0}}"#, "hyperparameters.n_epochs"),
        (
            #"{"model":"tiny","training_file":"file-a","hyperparameters":{"batch_size":"much"}}"#,
            "hyperparameters.batch_size"
        ),
        (#"{"model":"tiny","training_file":"file-a","method":{"type":"reinforcement"}}"#, "method.type"),
        (
            """
            {"model":"tiny","training_file":"file-a",
            "method":{"type":"dpo","dpo":{"hyperparameters":{"beta":3}}}}
            """, "method.dpo.hyperparameters.beta"
        ),
        (
            """
            {"model":"tiny","training_file":"file-a",
            "method":{"type":"supervised","supervised":{"hyperparameters":{"beta":1}}}}
            """, "method.supervised.hyperparameters.beta"
        ),
    ])
    func whatIsWrongIsNamed(body: String, field: String) async throws {
        let reply = try await ask(.post, "/v1/fine_tuning/jobs", body)
        let error = try reply.decoded(ErrorAnswer.self).error
        #expect(reply.status == 400 && error.param == field, "\(reply.text)")
        #expect(try scene.context.ledger.jobs(owner: nil, after: nil, limit: 1)?.isEmpty == true)
    }

    @Test func anUnknownModelIsNotFound() async throws {
        let reply = try await ask(.post, "/v1/fine_tuning/jobs", #"{"model":"gpt-9","training_file":"file-a"}"#)
        let error = try reply.decoded(ErrorAnswer.self).error
        #expect(reply.status == 404 && error.code == "model_not_found" && error.param == "model")
    }

    @Test func aJobMakesItsPipelineAndShowsWhatWasAsked() async throws {
        let job = try await made(
            #"""
            "suffix":"My Tickets!","seed":5,"metadata":{"team":"x y"},
            "method":{"type":"dpo","dpo":{"hyperparameters":{"n_epochs":2,"batch_size":"auto","beta":0.3}}}
            """#)
        #expect(job.status == "validating_files" && job.seed == 5 && job.metadata == ["team": "x y"])
        #expect(job.finetuned.pipeline == "my-tickets" && job.method.type == "dpo")
        #expect(job.method.dpo?.hyperparameters.n_epochs == 2 && job.hyperparameters.batch_size == "auto")
        let pipeline = try #require(scene.context.settings.pipeline("my-tickets"))
        #expect(pipeline.base == "tiny" && pipeline.file == scene.context.layout.madePipeline("my-tickets"))
        let again = SettingsFolder.read(scene.context.layout)
        #expect(again.problems.isEmpty && again.pipelines.map(\.name) == ["my-tickets", "support"])
        #expect(try await made().finetuned.pipeline == "tiny-ada")
        #expect(try await made(#""suffix":"support""#).finetuned.pipeline == "support")
    }

    @Test func aFileOfThePipelineGoesBeforeTheOneThatJobsMade() async throws {
        _ = try await made(#""suffix":"tickets""#)
        try scene.sandbox.pipeline("tickets", "base = \"tiny\"\npromote = \"manual\"\n")
        scene.context.settings.change { SettingsFolder.read(scene.context.layout, after: $0) }
        let pipeline = try #require(scene.context.settings.pipeline("tickets"))
        #expect(pipeline.promote == .manual && pipeline.file == scene.context.layout.pipelineFile("tickets"))
        #expect(scene.context.settings.pipelines.count == 2)
    }

    @Test func anEngineThatThereIsNotIsRefusedByName() async throws {
        try scene.sandbox.pipeline("hopper", "base = \"tiny\"\nengine = \"hopper-gpu\"\n")
        scene.context.settings.change { SettingsFolder.read(scene.context.layout, after: $0) }
        let error = try await create(#""suffix":"hopper""#).decoded(ErrorAnswer.self).error
        #expect(error.param == "suffix" && error.message.contains("There is no engine 'hopper-gpu'."))
    }

    @Test func twoTextsAreNeverOnePipeline() async throws {
        _ = try await made(#""suffix":"My Tickets""#)
        _ = try await made(#""suffix":"My Tickets""#)
        let error = try await create(#""suffix":"my-tickets""#).decoded(ErrorAnswer.self).error
        #expect(error.param == "suffix" && error.message.contains("'My Tickets'"))
        #expect(MadePipeline.name(of: String(repeating: "ä", count: 64) + "x") == "x")
        #expect(MadePipeline.name(of: String(repeating: "y", count: 64))?.rawValue.count == 63)
        #expect(MadePipeline.name(of: "-._-") == nil)
    }

    @Test func aPipelineOfAnothersJobsIsForbiddenUntilItIsShared() async throws {
        try scene.context.ledger.note(
            MadePipeline(
                "bens", owner: Self.ben.owner, text: "bens", createdAt: Date(timeIntervalSince1970: 1_795_000_000)))
        let refused = try await create(#""suffix":"bens""#)
        #expect(refused.status == 403 && refused.text.contains("ftctl pipeline share bens ada"), "\(refused.text)")
        #expect(try await ask(.post, "/v1/pipelines/bens/share", #"{"user":"ada","shared":true}"#).status == 403)
        let ada = Self.ada.owner
        let shared = try scene.operations.pipelines.share("bens", ShareRequest(user: ada), who: Self.ben)
        #expect(shared.users == [ada])
        #expect(try await made(#""suffix":"bens""#).finetuned.pipeline == "bens")
        _ = try scene.operations.pipelines.share("bens", ShareRequest(user: ada, shared: false), who: Self.ben)
        #expect(try await create(#""suffix":"bens""#).status == 403)
    }

    @Test func anotherBaseThanThePipelinesIsRefused() async throws {
        try scene.context.ledger.add(OperationsScene.card("other"))
        let reply = try await ask(
            .post, "/v1/fine_tuning/jobs", #"{"model":"other","training_file":"file-a","suffix":"support"}"#)
        #expect(try reply.status == 400 && reply.decoded(ErrorAnswer.self).error.param == "model")
        let bare = try await ask(.post, "/v1/fine_tuning/jobs", #"{"model":"support","training_file":"file-a"}"#)
        #expect(try bare.decoded(JobObject.self).finetuned.pipeline == "support")
    }

    @Test func listsGoByPagesAndByMetadata() async throws {
        var ids: [String] = []
        for index in 0..<5 { ids.append(try await made(#""metadata":{"n":"\#(index % 2)"}"#).id) }
        let plain = try await made().id
        let path = "/v1/fine_tuning/jobs?limit=2"
        let first = try await ask(.get, path).decoded(WirePage<JobObject>.self)
        #expect(first.data.map(\.id) == [plain, ids[4]] && first.has_more)
        let second = try await ask(.get, path + "&after=" + ids[4]).decoded(WirePage<JobObject>.self)
        #expect(second.data.map(\.id) == [ids[3], ids[2]])
        let odd = try await ask(.get, "/v1/fine_tuning/jobs?metadata%5Bn%5D=1").decoded(WirePage<JobObject>.self)
        #expect(odd.data.map(\.id) == [ids[3], ids[1]] && !odd.has_more)
        let none = try await ask(.get, "/v1/fine_tuning/jobs?metadata=null").decoded(WirePage<JobObject>.self)
        #expect(none.data.map(\.id) == [plain])
        #expect(try await ask(.get, path + "&after=ftjob-0").decoded(ErrorAnswer.self).error.param == "after")
        #expect(try await ask(.get, "/v1/fine_tuning/jobs?limit=0").status == 400)
    }

    @Test func aWaitingJobIsPausedResumedAndCancelledOnce() async throws {
        let path = "/v1/fine_tuning/jobs/" + (try await made().id)
        #expect(try await ask(.post, path + "/resume").status == 409)
        let paused = try await ask(.post, path + "/pause").decoded(JobObject.self)
        #expect(paused.status == "queued" && paused.finetuned.paused_by == "ada")
        #expect(try await ask(.post, path + "/pause").status == 409)
        #expect(try await ask(.post, path + "/resume").decoded(JobObject.self).status == "validating_files")
        let cancelled = try await ask(.post, path + "/cancel").decoded(JobObject.self)
        #expect(cancelled.status == "cancelled" && cancelled.finished_at != nil)
        let again = try await ask(.post, path + "/cancel")
        #expect(again.status == 409 && again.text.contains("is cancelled, so it cannot be cancelled"))
        #expect(again.headers.contains { $0.name.canonicalName == "x-should-retry" && $0.value == "false" })
    }

    /// A job that has a run, brought to a state.
    private func job(_ state: RunState) async throws -> JobObject {
        let job = try await made(#""suffix":"support","hyperparameters":{"n_epochs":4}"#)
        let run = try scene.queue()
        let begun = try scene.context.ledger.begin(JobID(job.id), notes: []) { id in
            var own = run
            own.id = id
            own.recipe.epochs = 4
            return own
        }
        for event in RunEvent.path(to: state) { _ = try scene.context.ledger.apply(try #require(begun).id, event) }
        return try await ask(.get, "/v1/fine_tuning/jobs/" + job.id).decoded(JobObject.self)
    }

    @Test(arguments: [
        (RunState.queued, "queued"), (.training, "running"), (.trained, "running"), (.evaluating, "running"),
        (.evaluated, "running"), (.accepted, "succeeded"), (.rejected, "succeeded"), (.inconclusive, "succeeded"),
        (.promoted, "succeeded"), (.failed, "failed"), (.cancelled, "cancelled"),
    ])
    func aJobIsInTheStateOfItsRun(state: RunState, status: String) async throws {
        let job = try await job(state)
        #expect(job.status == status && job.finetuned.run == "r-000002")
        #expect(job.hyperparameters.n_epochs == 4 && job.hyperparameters.learning_rate_multiplier == 1)
        #expect((job.finished_at != nil) == ["succeeded", "failed", "cancelled"].contains(status))
        #expect((job.fine_tuned_model != nil) == (status == "succeeded"))
        #expect((job.error != nil) == (status == "failed"))
        #expect((job.finetuned.verdict != nil) == (status == "succeeded"))
    }

    @Test func eventsGoByPagesAndByAStreamToTheEnd() async throws {
        let job = try await job(.training)
        let path = "/v1/fine_tuning/jobs/\(job.id)/events"
        let folder = scene.context.layout.run("r-000002")
        try AtomicFile.makeFolder(folder)
        var lines = Data()
        for number in 1...3 {
            var event = WorkerEvent(.step, time: Date().timeIntervalSince1970 + 10)
            event.step = StepReport(
                step: number, steps: 3, epoch: 1, loss: 0.5, gradientNorm: 1, learningRate: 1, tokens: 1,
                labelTokens: 1, tokensPerSecond: 1, memoryBytes: 1)
            lines += try ContractCoding.encode(event) + Data([10])
        }
        try AtomicFile.write(lines, to: scene.context.layout.events("r-000002"))
        let all = try await ask(.get, path).decoded(WirePage<JobEventObject>.self).data
        #expect(all.prefix(3).map { $0.data?.step } == [3, 2, 1] && all[0].data?.train_loss == 0.5)
        #expect(all.map(\.message).suffix(2) == ["The run r-000002 is queued", "Created fine-tuning job: \(job.id)"])
        var paged: [JobEventObject] = []
        var more = true
        while more {
            let after = paged.last.map { "&after=\($0.id)" } ?? ""
            let page = try await ask(.get, path + "?limit=2" + after).decoded(WirePage<JobEventObject>.self)
            paged += page.data
            more = page.has_more
        }
        #expect(paged == all && Set(all.map(\.id)).count == all.count)
        #expect(try await ask(.get, path + "?after=ftevent-x").status == 400)
        #expect(try await ask(.get, path + "?stream=maybe").status == 400)
        _ = try scene.context.ledger.apply("r-000002", .cancelled(by: "ada"))
        let stream = try await ask(.get, path + "?stream=true").text
        let told = stream.split(separator: "\n\n").map(String.init)
        #expect(told.count == all.count + 2 && told.last == "data: [DONE]", "\(stream)")
        let first = try ContractCoding.decode(JobEventObject.self, from: Data(told[0].dropFirst("data: ".count).utf8))
        #expect(first == all.last)
    }

    @Test func everyKeyThatTheClientReadsIsThere() async throws {
        let text = try await create().text
        for key in [
            "id", "object", "created_at", "model", "organization_id", "status", "training_file", "validation_file",
            "seed", "result_files", "hyperparameters", "method", "metadata", "integrations", "fine_tuned_model",
            "finished_at", "trained_tokens", "estimated_finish", "error", "finetuned",
        ] { #expect(text.contains("\"\(key)\":"), "\(key)") }
    }
}
