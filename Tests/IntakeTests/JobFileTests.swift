import Foundation
import Ledger
import Nouns
import Platform
import RowFiles
import Testing

@testable import Intake

/// The files of jobs come in without being dropped: the training file as a drop, the validation file beside it.
struct JobFileTests {
    let scene: IntakeScene

    init() throws { scene = try IntakeScene() }

    private static let rows = (0..<12).map { #"{"prompt":"q\#($0)","completion":"a"}"# }.joined(separator: "\n") + "\n"

    /// A kept file with a content.
    private func keep(_ text: String, _ id: String) throws -> Job.File {
        let sha256 = Digest.sha256(Data(text.utf8))
        try AtomicFile.makeFolder(scene.context.layout.keptFiles)
        try AtomicFile.write(Data(text.utf8), to: scene.context.layout.keptFile(sha256))
        return Job.File(id: id, name: id + ".jsonl", sha256: sha256, bytes: text.utf8.count)
    }

    private func job(_ training: Job.File, _ validation: Job.File? = nil, _ drop: DropID = "d-job") throws {
        try scene.context.ledger.add(
            Job(
                id: JobID("ftjob-\(drop)"), owner: "ada", pipeline: "p", createdAt: Date(), model: "tiny", base: "tiny",
                training: training, validation: validation, drop: drop))
    }

    @Test func aTrainingFileBecomesADropThatCountsAsTried() throws {
        let file = try keep(Self.rows, "file-1")
        try job(file)
        try scene.pass()
        let drop = try #require(try scene.context.ledger.drop("d-job"))
        #expect(drop.state == .validated && drop.name == "file-1.jsonl" && drop.rowsAccepted == 12)
        #expect(FileManager.default.fileExists(atPath: scene.context.layout.keptFile(file.sha256)))
        // The same file again, by another job and by hand.
        try job(file, nil, "d-job-2")
        try scene.put(Self.rows, "by-hand.jsonl")
        try scene.pass("by-hand.jsonl")
        #expect(try scene.drops().map(\.state).filter { $0 == .duplicate }.count == 2)
        #expect(
            try scene.context.ledger.original(of: try #require(try scene.context.ledger.drop("d-job-2")))?.id == "d-job"
        )
    }

    @Test func aDaemonThatWasKilledWhileItTookAFileTakesItOnce() throws {
        try job(try keep(Self.rows, "file-1"))
        // Taken, and not yet recorded.
        let folder = scene.context.layout.intake("p", drop: "d-job")
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(Data(Self.rows.utf8), to: folder + "/original")
        try AtomicFile.write(Data("file-1.jsonl".utf8), to: folder + "/name")
        _ = try scene.restarted().pass(CompleteFiles())
        #expect(try scene.drops().map(\.id) == ["d-job"])
    }

    @Test func aValidationFileIsReadAndIsNoDrop() throws {
        let validation = try keep(#"{"prompt":"v","completion":"a"}"# + "\n", "file-v")
        try job(try keep(Self.rows, "file-1"), validation)
        try scene.pass()
        #expect(try scene.drops().map(\.id) == ["d-job"])
        var rows: [Row] = []
        try RowFile.read(scene.context.layout.job("ftjob-d-job") + "/rows.jsonl.zst") { rows.append($0) }
        #expect(rows.count == 1)
    }

    @Test func aFileThatIsGoneOrBadFailsTheJob() throws {
        var gone = try keep(Self.rows, "file-1")
        try job(gone, try keep("{}\n", "file-v"), "d-bad")
        gone.sha256 = String(repeating: "0", count: 64)
        try job(gone, nil, "d-gone")
        try scene.pass()
        let ledger = scene.context.ledger
        #expect(try scene.drops().isEmpty)
        #expect(try ledger.job("ftjob-d-gone")?.cause?.message.contains("deleted before the job began") == true)
        let cause = try #require(try ledger.job("ftjob-d-bad")?.cause)
        #expect(cause.place == "validation_file" && cause.message.contains("line 1"))
    }
}
