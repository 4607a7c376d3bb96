import ControlProtocol
import Foundation
import HTTPTypes
import Ledger
import Nouns
import OperationsScene
import Platform
import RowFiles
import StageKit
import Testing

@testable import ControlAPI

/// What a job has left is named to nobody else, whatever is asked: a pipeline of the settings in which ada's job stands
/// beside drops and a run that are everybody's to see, asked by her, by an admin, by another user and by a reader.
struct SightTests {
    private static let ada = Principal(owner: "uid:70001", name: "ada", role: .user)
    private static let boss = Principal(owner: "uid:70004", name: "boss", role: .admin)
    private static let others = [
        Principal(owner: "uid:70002", name: "ben", role: .user),
        Principal(owner: "uid:70003", name: "rita", role: .reader),
    ]

    /// Her drop, its file, its rows, her job, and her runs: one that is promoted and one that is at work.
    private static let drop: DropID = "d-20261124-120000-0a0a0a0a"
    private static let secrets = [
        drop.rawValue, "ftjob-1", "ftjob-2", "file-1", "file-2", "adas-own.jsonl", "xyzzyplugh", "r-000002",
        "r-000003",
    ]

    private let scene: OperationsScene
    private var ledger: Ledger { scene.context.ledger }

    init() throws {
        scene = try OperationsScene()
        try AtomicFile.makeFolder(scene.sandbox.layout.shards("support"))
        try store("d-20261124-110000-0b0b0b0b", "open.jsonl", "everybody")
        let first = try job(1, Self.drop)
        try store(Self.drop, "adas-own.jsonl", "xyzzyplugh")
        let open = try run()
        try ledger.add(
            KeptFile(
                id: "file-1", owner: Self.ada.owner, sha256: String(repeating: "a", count: 64), bytes: 1,
                name: "adas-own.jsonl", purpose: "fine-tune", createdAt: Date()))
        try promote(try begin(first, open))
        _ = try begin(try job(2, "d-20261124-130000-0c0c0c0c"), open)
        for event in RunEvent.path(to: .training) { _ = try ledger.apply("r-000003", event) }
        tellProblems()
    }

    /// A stored drop with a training and a gate row of which one word is planted.
    private func store(_ id: DropID, _ name: String, _ word: String) throws {
        var batch = DatasetBatch()
        var shards: [Split: FileReference] = [:]
        for split in [Split.train, .gate] {
            let writer = try ShardWriter(folder: scene.sandbox.layout.shards("support"))
            let row = Row(
                id: RowID("row-of-\(word)-\(split)"), content: .completion(prompt: "\(word) asks", completion: "yes"),
                split: split, promptKey: "\(word)\(split)", drop: id, line: 1)
            try writer.write(row)
            batch.rows.append(DatasetRow(id: row.id, line: 1, split: split, promptKey: row.promptKey))
            shards[split] = try writer.finish()
        }
        let drop = try ledger.receive(
            Drop(
                id: id, pipeline: "support", name: name, sha256: "sum of \(name)", bytes: 1, state: .received,
                receivedAt: Date()))
        try ledger.store(drop, batch, shards: shards)
        try ledger.markIndexed([id])
        let report = IntakeReport(
            drop: id, pipeline: "support", name: name, sha256: "s", bytes: 1, rowsRead: 2, rowsAccepted: 2)
        let path = scene.sandbox.layout.dropReport("support", id)
        try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
        try AtomicFile.write(try ContractCoding.pretty(report), to: path)
    }

    private func job(_ number: Int, _ drop: DropID) throws -> Job {
        let job = Job(
            id: JobID("ftjob-\(number)"), owner: Self.ada.owner, pipeline: "support", createdAt: Date(), model: "tiny",
            base: "tiny",
            training: Job.File(
                id: "file-\(number)", name: "adas-own.jsonl", sha256: String(repeating: "a", count: 64), bytes: 1),
            drop: drop)
        try ledger.add(job)
        return job
    }

    /// A run that everybody sees, which learnt both drops and was judged on rows of both.
    private func run() throws -> Run {
        let shards = try ledger.shards("support")
        let files = Dictionary(grouping: shards, by: \.split).mapValues { $0.map(\.file) }
        try ledger.add(
            Snapshot(
                id: "s-1", pipeline: "support", createdAt: Date(), drops: Set(shards.map(\.drop)).sorted(),
                files: files, rows: [.train: 2, .gate: 2]))
        let run = try #require(
            try ledger.queue(taking: []) { id in
                Run(
                    id: id, pipeline: "support", mode: .fromBase, base: "tiny", snapshot: "s-1",
                    drops: Set(shards.map(\.drop)).sorted(), recipe: Recipe(), createdAt: Date(), requestedBy: "boss")
            })
        func rows(_ output: String) -> [ExampleRecord] {
            ["everybody", "xyzzyplugh"].map { word in
                var record = OperationsScene.example(RowID("row-of-\(word)-gate"), loss: 1, output: output)
                record.prompt = "\(word) asks"
                return record
            }
        }
        for event in RunEvent.path(to: .rejected) { _ = try ledger.apply(run.id, event) }
        try scene.judge(run.id, candidate: rows("yes"), served: rows("no"))
        return run
    }

    private func begin(_ job: Job, _ run: Run) throws -> Run {
        let begun = try ledger.begin(job.id, notes: []) { id in
            Run(
                id: id, pipeline: "support", mode: .fromBase, base: "tiny", snapshot: run.snapshot, drops: [job.drop],
                recipe: Recipe(), createdAt: Date(), requestedBy: "ada")
        }
        return try #require(begun)
    }

    private func promote(_ run: Run) throws {
        for event in RunEvent.path(to: .accepted) { _ = try ledger.apply(run.id, event) }
        try ledger.amend(run.id) { $0.version = "v-1" }
        try ledger.add(
            ModelVersion(
                id: "v-1", pipeline: "support", run: run.id, base: "tiny", baseDigest: "abc", adapters: [],
                snapshot: run.snapshot, recipe: run.recipe, createdAt: Date(), code: "c", machine: "m"))
        _ = try ledger.promote("support", to: "v-1", run: run.id, kind: .manual, who: "boss", reason: "of r-000002")
        let folder = scene.sandbox.layout.epoch(run.id, step: 4)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func tellProblems() {
        let problems = scene.context.problems
        problems.set("job:ftjob-2", Failure(code: "x", "The job's file adas-own.jsonl (file-2) waits."))
        problems.set("drop:support:job:ftjob-2", Failure(code: "x", "adas-own.jsonl cannot be read."))
        problems.set("supervision:held:r-000003", Failure(code: "x", "The run r-000003 waits."))
        problems.set("drop:support:read:\(Self.drop)", Failure(code: "x", "adas-own.jsonl is not there."))
        problems.set("disk", Failure(code: "disk.low", "The disk is low."))
    }

    private func ask(_ who: Principal, _ path: String) async throws -> Ask.Reply {
        var ask = Ask(scene)
        ask.principal = who
        return try await ask(.get, path)
    }

    /// Every question of the control API and the lists of OpenAI's, about the pipeline, the run, and what is hers.
    private static let paths: [String] =
        RouteTests.cases.filter { $0.method == .get && !$0.path.hasPrefix("/v1/files/") }.map(\.path) + [
            "/v1/runs/r-000002", "/v1/runs/r-000002/report", "/v1/runs/r-000002/examples", "/v1/drops/\(drop)/report",
            "/v1/data/show?id=\(drop)", "/v1/data/lineage?id=\(drop)", "/v1/data/lineage?id=r-000002",
            "/v1/data/lineage?id=v-1", "/v1/data/export?id=s-1", "/v1/data/lineage?id=row-of-everybody-gate",
            "/v1/pipelines/support/versions/v-1", "/v1/compare?pipeline=support&a=v-1&b=v-1", "/v1/runs?limit=100",
            "/v1/drops", "/v1/fine_tuning/jobs", "/v1/fine_tuning/jobs/ftjob-1", "/v1/files/file-1",
            "/v1/models/r-000002", "/v1/models/ft:tiny:local:support:r-000002",
        ]

    @Test func nothingNamesWhatIsHers() async throws {
        var told: Set<String> = []
        for path in Set(Self.paths).sorted() {
            for who in Self.others {
                let reply = try await ask(who, path)
                // What one asks for by name stands in the answer that there is none.
                let own = Self.secrets.filter { !path.contains($0) && reply.text.contains($0) }
                #expect(own.isEmpty, "\(who.name) \(path): \(own) in \(reply.text)")
                #expect(Self.secrets.allSatisfy { !path.contains($0) } || reply.status >= 400 || path.contains("v-1"))
            }
            for who in [Self.ada, Self.boss] {
                let reply = try await ask(who, path)
                if reply.status == 200, Self.secrets.contains(where: reply.text.contains) { told.insert(path) }
            }
        }
        // To her and to admins most of these are told: else this test would see nothing.
        let expected = [
            "/v1/status", "/v1/pipelines", "/v1/pipelines/support", "/v1/pipelines/support/outlook",
            "/v1/pipelines/support/history", "/v1/pipelines/support/data", "/v1/pipelines/support/versions",
            "/v1/runs?limit=100", "/v1/drops", "/v1/runs/r-000001/report", "/v1/data/export?id=s-1",
            "/v1/runs/r-000001/report?format=text", "/v1/runs/r-000001/report?format=html",
            "/v1/data/lineage?id=v-1", "/v1/compare?pipeline=support&a=v-1&b=v-1",
        ]
        for path in expected { #expect(told.contains(path), "\(path) tells her nothing") }
    }

    /// The answers stay whole otherwise: what is everybody's is there, in its place.
    @Test func whatIsEverybodysStays() async throws {
        for who in Self.others {
            let status = try await ask(who, "/v1/status").decoded(StatusAnswer.self)
            #expect(status.activeRuns.isEmpty && status.problems.map(\.code) == ["disk.low"])
            let pipeline = try #require(status.pipelines.first)
            #expect(pipeline.lastRun == "r-000001" && pipeline.served == "v-1" && pipeline.problems.isEmpty)
            #expect(pipeline.activity == "at work on somebody else's job")
            let outlook = try await ask(who, "/v1/pipelines/support/outlook").decoded(PipelineOutlook.self)
            #expect(outlook.next == .soon && outlook.run == nil)
            let rows = try await ask(who, "/v1/data/export?id=support").text.split(separator: "\n")
            #expect(rows.count == 2 && rows.allSatisfy { $0.contains("everybody asks") })
            let examples = try await ask(who, "/v1/runs/r-000001/examples?order=fixes").decoded(
                [ExampleComparison].self)
            #expect(examples.map { $0.candidate.row } == ["row-of-everybody-gate"])
            let versions = try await ask(who, "/v1/pipelines/support/versions").decoded([VersionSummary].self)
            #expect(versions.map(\.version.id) == ["v-1"] && versions.first?.verdict == nil)
            #expect(versions.first?.version.run == RunID(Sight.veil))
            let listing = try await ask(who, "/v1/pipelines/support/data").decoded(DataListing.self)
            #expect(listing.drops.map(\.drop.name) == ["open.jsonl"] && listing.snapshots.first?.runs == ["r-000001"])
        }
        let status = try await ask(Self.ada, "/v1/status").decoded(StatusAnswer.self)
        #expect(status.activeRuns == ["r-000003"] && status.pipelines.first?.activity == "run r-000003 is training")
        #expect(try await ask(Self.ada, "/v1/data/export?id=support").text.split(separator: "\n").count == 4)
    }

    /// A row that an open file brought as well is everybody's to read.
    @Test func aRowThatSomebodyElseBroughtIsReadByAll() async throws {
        var batch = DatasetBatch()
        batch.duplicates = [("row-of-xyzzyplugh-gate", 1)]
        let drop = try ledger.receive(
            Drop(
                id: "d-20261124-140000-0d0d0d0d", pipeline: "support", name: "later.jsonl", sha256: "other", bytes: 1,
                state: .received, receivedAt: Date()))
        try ledger.store(drop, batch, shards: [:])
        let rows = try await ask(Self.others[0], "/v1/data/export?id=support&split=gate")
        #expect(rows.text.split(separator: "\n").count == 2)
        let examples = try await ask(Self.others[0], "/v1/runs/r-000001/examples?order=fixes")
        #expect(try examples.decoded([ExampleComparison].self).count == 2)
    }

    @Test func identifiersAreFoundWhereverTheyStand() throws {
        let sight = Sight(ledger, Self.others[0])
        for (text, told) in [
            ("run r-000002 and r-000001.", "run hidden and r-000001."),
            ("/var/runs/r-000003/adapter, r-000003-candidate", "/var/runs/hidden/adapter, hidden-candidate"),
            ("\"\(Self.drop)\",\"ftjob-1\",file-1", "\"hidden\",\"hidden\",hidden"),
            ("for-r-000002 r-0000020 r- d- file-", "for-r-000002 r-0000020 r- d- file-"), ("", ""),
        ] { #expect(try sight.told(text) == told) }
        #expect(try Sight(ledger, Self.ada).told("r-000002") == "r-000002")
        #expect(try Sight(ledger, Self.boss).told("r-000002") == "r-000002")
    }

    @Test func aPackWithTheReportOfSomebodyElsesJobIsRefused() async throws {
        #expect(try await ask(Self.others[0], "/v1/versions/v-1/pack").status == 403)
        #expect(try await ask(Self.ada, "/v1/versions/v-1/pack").failureCode == "version.removed")
    }
}
