import Foundation
import Ledger
import Nouns
import Parquet
import Platform
import RowFormats
import Settings
import StageKit

/// How the files of jobs come in: the training file as a drop like any other, the validation file read beside it.
extension IntakeService {
    /// Takes the files of the jobs that wait for them. One that cannot be taken does not hold up the others.
    func takeJobs(_ pipeline: PipelineSettings) throws {
        for job in try context.ledger.waitingJobs(pipeline.name) where try context.ledger.drop(job.drop) == nil {
            try guarding("drop:\(pipeline.name):job:\(job.id)", pipeline, event: "stage.failed") {
                if let failure = try take(job, pipeline) { try fail(job, failure) }
                // A duplicate is known at once.
                context.bells.scheduling.ring()
            }
        }
    }

    private func fail(_ job: Job, _ failure: Failure) throws {
        try context.ledger.change(job.id) { $0.fail(failure, at: Date()) }
        context.logger.error(
            "The job \(job.id) of \(job.pipeline) failed: \(failure)",
            metadata: ["pipeline": "\(job.pipeline)", "job": "\(job.id)", "event": "job.failed"])
    }

    /// Returns what is wrong with the job's files, and takes nothing then.
    private func take(_ job: Job, _ pipeline: PipelineSettings) throws -> Failure? {
        let file = context.layout.keptFile(job.training.sha256)
        let folder = context.layout.intake(pipeline.name, drop: job.drop)
        let isTaken = FileManager.default.fileExists(atPath: folder)
        guard isTaken || FileManager.default.fileExists(atPath: file) else {
            return JobFault.deleted(job.training, isTraining: true)
        }
        if let validation = job.validation, let failure = try read(validation, of: job, pipeline) { return failure }
        if !isTaken {
            let hidden = hiddenFolder(job.drop, pipeline)
            state.mustRecover(pipeline.name)
            try AtomicFile.makeFolder(hidden)
            try AtomicFile.write(Data(job.training.name.utf8), to: hidden + "/name")
            // Kept files are durable, and nobody writes to them: their bytes are there once.
            try TreeCopy.link(RawPath(file), to: RawPath(hidden + "/original"))
            try AtomicFile.move(hidden, to: folder)
        }
        try record(job.drop, pipeline)
        if !isTaken { state.hasRecovered(pipeline.name) }
        return nil
    }

    /// Reads a validation file as drops are read, without making it one. Returns what is wrong with it.
    private func read(_ file: Job.File, of job: Job, _ pipeline: PipelineSettings) throws -> Failure? {
        let kept = context.layout.keptFile(file.sha256)
        guard FileManager.default.fileExists(atPath: kept) else { return JobFault.deleted(file, isTraining: false) }
        let folder = context.layout.job(job.id)
        try AtomicFile.makeFolder(folder)
        try TreeCopy.link(RawPath(kept), to: RawPath(folder + "/original"))
        let settings = try settingsOfReading(pipeline)
        let drop = Drop(
            id: DropID(job.id.rawValue), pipeline: pipeline.name, name: file.name, sha256: file.sha256,
            bytes: file.bytes, state: .received, receivedAt: job.createdAt)
        var made: [[UInt8]: DropReader.MadeRows] = [:]
        switch try makeRows(of: drop, in: folder) {
        case .made(let rows, _): made = rows
        case .fault(let failure): return JobFault.of(FileReading.report(drop, failure), file, isTraining: false)
        case .waiting(let reason):
            throw Failure(
                code: ParquetPrograms.missing, "The job's file '\(file.name)' waits: \(reason)", at: file.name)
        }
        let reading = FileReading(
            drop: drop, pipeline: pipeline, folder: folder,
            controlTokens: settings.controlTokens.map(ControlTokens.init) ?? .common, made: made)
        guard case .read(let report) = try reading.read() else { return JobFault.deleted(file, isTraining: false) }
        return JobFault.of(report, file, isTraining: false)
    }
}
