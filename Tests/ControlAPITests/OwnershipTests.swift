import ControlProtocol
import Foundation
import HTTPTypes
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

/// What belongs to somebody: his jobs with their runs, which are not there for others, and the pipelines that they
/// made.
struct OwnershipTests {
    private static let ada = Principal(owner: "uid:70001", name: "ada", role: .user)
    private static let ben = Principal(owner: "uid:70002", name: "ben", role: .user)
    private static let rita = Principal(owner: "uid:70003", name: "rita", role: .reader)
    private static let boss = Principal(owner: "uid:70004", name: "boss", role: .admin)

    private let scene: OperationsScene
    /// The run of ada's job, in the pipeline that it made.
    private let run: RunID

    init() throws {
        scene = try OperationsScene()
        let ledger = scene.context.ledger
        let other = try scene.queue()
        let job = Job(
            id: "ftjob-1", owner: Self.ada.owner, pipeline: "adas", createdAt: Date(), model: "tiny", base: "tiny",
            training: Job.File(id: "file-1", name: "a", sha256: String(repeating: "a", count: 64), bytes: 1),
            drop: "d-7")
        try ledger.note(MadePipeline("adas", owner: Self.ada.owner, text: "adas", createdAt: Date()))
        try ledger.add(job)
        var snapshot = try #require(try ledger.snapshot(other.snapshot))
        (snapshot.id, snapshot.pipeline) = ("s-2", "adas")
        try ledger.add(snapshot)
        let begun = try ledger.begin(job.id, notes: []) { id in
            Run(
                id: id, pipeline: "adas", mode: .fromBase, base: "tiny", snapshot: "s-2", drops: [], recipe: Recipe(),
                createdAt: Date(), requestedBy: "ada")
        }
        run = try #require(begun?.id)
    }

    private func ask(_ who: Principal, _ method: HTTPRequest.Method, _ path: String, _ body: String = "") async throws
        -> Ask.Reply
    {
        var ask = Ask(scene)
        ask.principal = who
        return try await ask(method, path, body)
    }

    @Test(arguments: ["", "/events", "/report", "/report?format=html", "/report?format=text", "/examples"])
    func aRunOfAJobIsNotThereForOthers(rest: String) async throws {
        for who in [Self.ben, Self.rita] {
            let reply = try await ask(who, .get, "/v1/runs/\(run)\(rest)")
            let none = try await ask(who, .get, "/v1/runs/r-000099\(rest)")
            #expect(reply.status == 404 && none.status == 404, "\(reply.text)")
            #expect(reply.text.replacing(run.rawValue, with: "r-000099") == none.text, "the same words")
        }
        for who in [Self.ada, Self.boss] {
            #expect(try await ask(who, .get, "/v1/runs/\(run)\(rest)").failureCode != "run.unknown")
        }
    }

    @Test func listsLeaveOthersJobsOut() async throws {
        func seen(_ who: Principal, _ query: String = "") async throws -> [RunID] {
            try await ask(who, .get, "/v1/runs" + query).decoded([Run].self).map(\.id)
        }
        for who in [Self.ada, Self.boss] { #expect(try await seen(who) == [run, "r-000001"]) }
        for who in [Self.ben, Self.rita] {
            #expect(try await seen(who) == ["r-000001"])
            #expect(try await seen(who, "?limit=1") == ["r-000001"], "what is hidden takes no place")
        }
    }

    @Test func rowsOfSomebodysFilesAreNotReadByOthers() async throws {
        for path in [
            "/v1/pipelines/adas/data", "/v1/data/export?id=adas", "/v1/data/export?id=s-2", "/v1/data/show?id=s-2",
            "/v1/data/diff?a=s-1&b=s-2", "/v1/data/lineage?id=\(run)",
        ] {
            for who in [Self.ben, Self.rita] {
                let reply = try await ask(who, .get, path)
                #expect(reply.status == 404 && reply.failureCode == "dataset.unknown", "\(path): \(reply.text)")
            }
            for who in [Self.ada, Self.boss] {
                #expect(try await ask(who, .get, path).failureCode != "dataset.unknown", "\(path)")
            }
        }
        #expect(try await ask(Self.rita, .get, "/v1/data/export?id=support").status == 200, "of the settings")
    }

    /// Who made a pipeline by a job may do with it what admins may; with one of the settings he may not.
    @Test(arguments: [
        ("/v1/runs/RUN/cancel", "{}"), ("/v1/runs/RUN/promote", #"{"reason":"x","force":false}"#),
        ("/v1/pipelines/PIPELINE/runs", "{}"), ("/v1/pipelines/PIPELINE/rollback", #"{"reason":"x"}"#),
        ("/v1/pipelines/PIPELINE/aliases", #"{"name":"good"}"#),
        ("/v1/pipelines/PIPELINE/retire", #"{"reason":"r","erase":false}"#),
    ])
    func hisPipelineIsHisToChange(path: String, body: String) async throws {
        let own = path.replacing("RUN", with: run.rawValue).replacing("PIPELINE", with: "adas")
        let settings = path.replacing("RUN", with: "r-000001").replacing("PIPELINE", with: "support")
        #expect(try await ask(Self.ben, .post, own, body).status == (own.contains("/runs/r-") ? 404 : 403))
        #expect(try await ask(Self.rita, .post, own, body).status == 403)
        let done = try await ask(Self.ada, .post, own, body)
        #expect(done.failureCode?.hasPrefix("permission.") != true, "\(done.text)")
        let refused = try await ask(Self.ada, .post, settings, body)
        #expect(refused.status == 403 && refused.text.contains("usermod -aG finetuned-admin ada"), "\(refused.text)")
    }
}

extension OwnershipTests {
    /// A job may be in a pipeline of the settings; what is served there is not for its maker to say.
    @Test func aJobGivesNoRightToServeInAPipelineOfTheSettings() async throws {
        let ledger = scene.context.ledger
        let job = Job(
            id: "ftjob-2", owner: Self.ada.owner, pipeline: "support", createdAt: Date(), model: "tiny", base: "tiny",
            training: Job.File(id: "file-2", name: "b", sha256: String(repeating: "b", count: 64), bytes: 1),
            drop: "d-8")
        try ledger.add(job)
        let begun = try ledger.begin(job.id, notes: []) { id in
            Run(
                id: id, pipeline: "support", mode: .fromBase, base: "tiny", snapshot: "s-1", drops: [],
                recipe: Recipe(), createdAt: Date(), requestedBy: "ada")
        }
        let path = "/v1/runs/\(try #require(begun?.id))"
        #expect(try await ask(Self.ada, .post, path + "/promote", #"{"reason":"x","force":true}"#).status == 403)
        #expect(try await ask(Self.ada, .post, path + "/cancel").status == 200)
    }

    /// A file of the settings takes a pipeline over from whoever's jobs made it; his rows stay his.
    @Test func aPipelineThatAFileTookOverIsTheAdmins() async throws {
        let order = "/v1/pipelines/adas/aliases"
        #expect(try await ask(Self.ada, .post, order, #"{"name":"good"}"#).status != 403)
        try scene.sandbox.pipeline("adas", "base = \"tiny\"\n")
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        #expect(try await ask(Self.ada, .post, order, #"{"name":"good"}"#).status == 403)
        #expect(try await ask(Self.ben, .get, "/v1/data/export?id=adas").status == 404)
        #expect(try await ask(Self.ada, .get, "/v1/data/export?id=adas").failureCode != "dataset.unknown")
    }

    @Test func aCheckpointIsNotOthersToDelete() async throws {
        let folder = scene.sandbox.layout.epoch(run, step: 4)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let record = EpochRecord(step: 4, sha256: String(repeating: "e", count: 64), trainLoss: 1)
        try AtomicFile.write(try ContractCoding.encode(record), to: folder + "/" + EpochRecord.file)
        let path = "/v1/models/ft:tiny:local:adas:\(run):ckpt-step-4"
        #expect(try await ask(Self.ben, .delete, path).status == 404)
        #expect(FileManager.default.fileExists(atPath: folder))
        #expect(try await ask(Self.ada, .delete, path).status == 200)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}

extension Ask.Reply {
    /// The code of a failure; nil where it is none.
    var failureCode: String? { status < 400 ? nil : (try? failure())?.code }
}
