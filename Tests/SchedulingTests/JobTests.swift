import Foundation
import Ledger
import Nouns
import Platform
import RowFiles
import Settings
import TestSupport
import Testing

@testable import Scheduling

/// A job's run learns the rows of its file by identity, and its drop starts no other.
struct JobTests {
    let scene: LineageTests

    init() throws { scene = try LineageTests() }

    private var ledger: Ledger { scene.context.ledger }

    /// A job whose file is the drop `drop`, as it is read already.
    private func job(_ drop: DropID, _ id: JobID = "ftjob-1", change: (inout Job) -> Void = { _ in }) throws -> Job {
        var job = Job(
            id: id, owner: "ada", pipeline: "p", createdAt: Date(), model: "tiny", base: "tiny",
            training: Job.File(id: "file-1", name: "a.jsonl", sha256: drop.rawValue, bytes: 1), drop: drop)
        change(&job)
        try ledger.add(job)
        return job
    }

    /// What was found in a drop's file.
    private func report(_ drop: DropID, rows: Int = 25, bad: Int = 0, pairs: Int = 0) throws {
        var report = IntakeReport(
            drop: drop, pipeline: "p", name: "a.jsonl", sha256: drop.rawValue, bytes: 1, rowsRead: rows + bad,
            rowsAccepted: rows, rowsRejected: bad)
        if bad > 0 { report.problems = [RowProblem(line: 7, code: "json", message: "This is no JSON.")] }
        report.shapes = ["preference": pairs]
        let path = scene.context.layout.dropReport("p", drop)
        try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
        try AtomicFile.write(try ContractCoding.pretty(report), to: path)
    }

    private func run(_ id: JobID = "ftjob-1") throws -> Run {
        _ = try scene.service.pass()
        let job = try #require(try ledger.job(id))
        let run = try job.run.flatMap { try ledger.run($0) }
        return try #require(run, "\(job.state) \(job.cause?.description ?? "")")
    }

    @Test func aJobIsQueuedAtOnceAndItsDropStartsNoOtherRun() throws {
        _ = try job("d-1") {
            $0.settings.epochs = 4
            $0.settings.batchRows = 3
            $0.settings.rateMultiplier = 2
            $0.settings.seed = 99
        }
        try scene.store("d-1")
        try report("d-1")
        let run = try run()
        #expect(run.job == "ftjob-1" && run.mode == .fromBase && run.parent == nil && run.requestedBy == "ada")
        #expect(run.recipe.epochs == 4 && run.recipe.batchRows == 3 && run.recipe.seed == 99)
        #expect(run.recipe.learningRate == 1e-3)
        #expect(try scene.trainRows(run).map(\.id.rawValue) == (0..<20).map { "d-1-train-\($0)" })
        try scene.bring(run, to: .rejected)
        #expect(try scene.queued() == nil, "its drop starts no other run")
        try scene.store("d-2")
        let next = try #require(try scene.queued())
        #expect(next.drops == ["d-1", "d-2"] && next.job == nil, "what was not promoted goes into the next run")
    }

    /// Nobody queues it, and whoever can put the file back is told.
    @Test func aJobWhosePipelineHasNoFileAnyMoreIsSaid() throws {
        _ = try job("d-1")
        #expect(try OrphanedPipelines(scene.context).problems().isEmpty)
        try FileManager.default.removeItem(atPath: scene.context.layout.pipelineFile("p"))
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        let orphans = try OrphanedPipelines(scene.context).problems()
        #expect(orphans.map(\.name) == ["p"])
        #expect(orphans.first?.failure.message.contains("the waiting job ftjob-1") == true)
    }

    /// The engine of its pipeline trains it; where the file is gone that describes the engine, the job waits for it.
    @Test func aJobIsTrainedByTheEngineOfItsPipeline() throws {
        try AtomicFile.makeFolder(scene.sandbox.layout.engineSettings)
        try AtomicFile.write(
            Data("program = \"/bin/true\"\n".utf8), to: scene.sandbox.layout.engineFile("torch"))
        try LineageTests.pipeline(scene.sandbox, "")
        let file = scene.sandbox.layout.pipelineFile("p")
        let toml = try String(contentsOfFile: file, encoding: .utf8)
        try AtomicFile.write(Data(("engine = \"torch\"\n" + toml).utf8), to: file)
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        _ = try job("d-1")
        try scene.store("d-1")
        try report("d-1")
        let run = try run()
        #expect(run.engine == "torch" && run.engineAtWork == "torch")
        try scene.bring(run, to: .rejected)
        try FileManager.default.removeItem(atPath: scene.sandbox.layout.engineFile("torch"))
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        _ = try job("d-2", "ftjob-2")
        try scene.store("d-2")
        try report("d-2")
        _ = try scene.service.pass()
        #expect(try ledger.job("ftjob-2")?.state == .waiting)
        let problem = try #require(scene.context.problems.problem(of: "job:ftjob-2"))
        #expect(problem.code == "engine.unknown" && problem.message.contains("'torch'"))
        try AtomicFile.write(Data("program = \"/bin/true\"\n".utf8), to: scene.sandbox.layout.engineFile("torch"))
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        #expect(try self.run("ftjob-2").engine == "torch")
    }

    @Test func whatAJobLearntCountsAsLearnt() throws {
        _ = try job("d-1")
        try scene.store("d-1")
        try report("d-1")
        _ = try scene.promote(try run())
        try scene.store("d-2")
        let next = try #require(try scene.queued())
        #expect(next.mode == .continued && next.drops == ["d-2"])
    }

    @Test func aFileThatWasDroppedBeforeGivesTheSameSnapshotAgain() throws {
        _ = try job("d-1")
        try scene.store("d-1")
        try report("d-1")
        let first = try run()
        try scene.bring(first, to: .rejected)
        try scene.store("d-9")
        _ = try job("d-2", "ftjob-2")
        var again = try #require(try ledger.drop("d-1"))
        (again.id, again.state) = ("d-2", .received)
        #expect(try ledger.receive(again).state == .duplicate)
        let second = try run("ftjob-2")
        #expect(try scene.trainRows(second).map(\.id) == scene.trainRows(first).map(\.id))
        #expect(second.drops == ["d-1"] && second.recipe == first.recipe)
    }

    /// Rows that the dataset knew from another drop, in another order, are learnt in the order of the job's file.
    @Test func rowsThatWereKnownBeforeAreLearntInTheOrderOfTheFile() throws {
        try scene.store("d-1")
        _ = try job("d-2")
        let folder = scene.sandbox.layout.shards("p")
        let writer = try ShardWriter(folder: folder)
        var batch = DatasetBatch()
        for (line, id) in [(2, "new-a"), (4, "new-b")] {
            let row = Row(
                id: RowID(id), content: .text(id), split: .train, promptKey: id, drop: "d-2", line: line)
            try writer.write(row)
            batch.rows.append(DatasetRow(id: row.id, line: line, split: .train, promptKey: id))
        }
        batch.duplicates = [
            ("d-1-train-7", 1), ("d-1-train-3", 3), ("d-1-gate-0", 5), ("d-1-train-9", 6), ("d-1-train-7", 8),
        ]
        let drop = try ledger.receive(
            Drop(
                id: "d-2", pipeline: "p", name: "b", sha256: "other", bytes: 1, state: .received, receivedAt: Date()))
        try ledger.store(drop, batch, shards: [.train: try writer.finish()])
        try ledger.markIndexed(["d-2"])
        try report("d-2", rows: 12)
        let run = try run()
        #expect(
            try scene.trainRows(run).map(\.id) == ["d-1-train-7", "new-a", "d-1-train-3", "new-b", "d-1-train-9"])
        let snapshot = try #require(try ledger.snapshot(run.snapshot))
        #expect(snapshot.trained == ["d-2"] && snapshot.rows[.gate] == 5)
        let note = try #require(try ledger.job("ftjob-1")?.notes.first)
        #expect(note.message.contains("6 rows. 1 are kept for the gates"))
    }

    @Test func aJobOnAVersionGoesOnFromItWithReplay() throws {
        try scene.store("d-1")
        let version = try scene.promote(try #require(try scene.queued()))
        _ = try job("d-2") { $0.parent = version }
        try scene.store("d-2")
        try report("d-2")
        let run = try run()
        #expect(run.mode == .continued && run.parent == version && run.recipe.learningRate == 2.5e-4)
        let rows = try scene.trainRows(run)
        #expect(rows.filter { $0.drop == "d-2" }.count == 20 && rows.filter { $0.drop == "d-1" }.count == 10)
    }

    @Test func aRateThatIsStillToBeFoundIsMultipliedThen() throws {
        try scene.sandbox.pipeline("p", "base = \"tiny\"\n")
        scene.context.settings.replace(.read(scene.sandbox.layout))
        _ = try job("d-1") { $0.settings.rateMultiplier = 0.5 }
        try scene.store("d-1")
        try report("d-1")
        let run = try run()
        #expect(run.recipe.learningRate == nil && run.rateMultiplier == 0.5)
    }

    @Test func aValidationFileChoosesAndNeverJudges() throws {
        _ = try job("d-1") { $0.validation = Job.File(id: "file-2", name: "v", sha256: "v", bytes: 1) }
        try scene.store("d-1")
        try report("d-1")
        let folder = scene.context.layout.job("ftjob-1")
        try AtomicFile.makeFolder(folder)
        let writer = try ShardWriter(folder: folder)
        for (id, prompt) in [("v-1", "v1"), ("d-1-train-1", "d-1train1"), ("v-2", "d-1gate0"), ("v-3", "v3")] {
            try writer.write(
                Row(id: RowID(id), content: .text(id), split: .gate, promptKey: prompt, drop: "x", line: 1))
        }
        try AtomicFile.move(try writer.finish().path, to: folder + "/rows.jsonl.zst")
        let run = try run()
        let snapshot = try #require(try ledger.snapshot(run.snapshot))
        var chosen: [Row] = []
        for file in snapshot.files[.validation] ?? [] { try RowFile.read(file.path) { chosen.append($0) } }
        #expect(chosen.map(\.id) == ["v-1", "v-3"] && chosen.allSatisfy { $0.split == .validation })
        #expect(snapshot.rows[.gate] == 5)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func aFileThatCannotBeLearntFailsItsJobAlone() throws {
        for (index, id) in ["d-1", "d-2", "d-3"].enumerated() {
            _ = try job(DropID(id), JobID("ftjob-\(index + 1)")) { if index == 2 { $0.settings.method = .dpo } }
            try scene.store(DropID(id))
        }
        try report("d-1", bad: 2)
        try report("d-2", rows: 9)
        try report("d-3", rows: 25, pairs: 24)
        #expect(try scene.queued() == nil)
        let causes = try ["ftjob-1", "ftjob-2", "ftjob-3"].map { try #require(try ledger.job(JobID($0))?.cause) }
        #expect(causes.allSatisfy { $0.code == "job.training_file" && $0.place == "training_file" })
        #expect(causes[0].message.contains("line 7") && causes[0].message.contains("2 rows are bad"))
        #expect(causes[1].message.contains("9 rows, and a job takes 10"))
        #expect(causes[2].message.contains("1 of its 25 rows have no rejected answer"))
        #expect(try ledger.job("ftjob-1")?.notes.last?.level == .error)
    }

    @Test func aPausedJobWaits() throws {
        _ = try job("d-1") { $0.paused = "ada" }
        try scene.store("d-1")
        try report("d-1")
        #expect(try scene.queued() == nil)
        try ledger.change("ftjob-1") { try $0.resume(by: "ada", at: Date()) }
        #expect(try run().job == "ftjob-1")
    }
}
