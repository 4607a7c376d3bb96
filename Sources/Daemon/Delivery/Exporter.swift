import Foundation
import Launching
import Ledger
import Nouns
import Platform
import Settings
import StageKit
import WorkerProtocol

/// Has a worker write a version in the formats that other programs load.
struct Exporter: Sendable {
    let context: StageContext
    let launcher: any WorkerRunner

    /// Times a worker that dies is started for one format.
    private static let attempts = 3

    /// Exports what is configured and not done yet. Returns the formats that failed; throws CancellationError when the
    /// daemon stops.
    ///
    /// - Parameter judged: the files that were judged with the run; they are delivered as they are, byte for byte.
    func export(_ version: ModelVersion, _ formats: [ExportFormat], judged: [Artefact] = []) async throws
        -> [ExportRecord]
    {
        let known = try context.ledger.exports(version.id)
        var failed: [ExportRecord] = []
        for format in formats {
            if known.contains(where: {
                $0.format == format && $0.state == .done && FileManager.default.fileExists(atPath: $0.path)
            }) {
                continue
            }
            let artefact = judged.first { $0.format == format && $0.failure == nil }
            let record: ExportRecord
            if let artefact, let ready = try deliver(artefact, version) {
                record = ready
            } else {
                record = try await export(version, format, rows: nil)
            }
            try context.ledger.keep(record)
            if record.state == .failed { failed.append(record) }
        }
        return failed
    }

    /// Moves judged files to their place once each is seen to be what was judged; nil where they are gone or were
    /// changed, so that they are written anew.
    private func deliver(_ artefact: Artefact, _ version: ModelVersion) throws -> ExportRecord? {
        let folder = context.layout.export(version.id)
        let place = folder + "/" + artefact.format.rawValue
        let files = artefact.files.map { file in
            var file = file
            file.path = place + "/" + (file.path as NSString).lastPathComponent
            return file
        }
        func isWhole(_ files: [FileReference]) throws -> Bool {
            let isWhole = !files.isEmpty && files.allSatisfy { (try? Digest.sha256(file: $0.path)) == $0.sha256 }
            // A digest that was cut short says nothing about the file.
            try Task.checkCancellation()
            return isWhole
        }
        if try isWhole(artefact.files) {
            try AtomicFile.makeFolder(folder)
            try? FileManager.default.removeItem(atPath: place)
            try AtomicFile.move(artefact.path, to: place)
        } else if try !isWhole(files) {
            // A kill between the move and the record leaves the files at their place already.
            return nil
        }
        return ExportRecord(
            version: version.id, format: artefact.format, written: artefact.written, state: .done, path: place,
            files: files, figures: artefact.figures, at: Date())
    }

    /// What was exported before in the same format, where each file is still what it was.
    func known(_ version: ModelVersion, _ format: ExportFormat) throws -> ExportRecord? {
        guard
            let record = try context.ledger.exports(version.id).first(where: {
                $0.format == format && $0.state == .done
            }),
            !record.files.isEmpty,
            record.files.allSatisfy({ (try? Digest.sha256(file: $0.path)) == $0.sha256 })
        else { return nil }
        return record
    }

    /// Writes one format and scores what was written; a failure that is no passing one is in the record.
    ///
    /// - Parameter rows: how many of the rows that are left are scored; the worker's own number where it is nil.
    func export(_ version: ModelVersion, _ format: ExportFormat, rows: Int?) async throws -> ExportRecord {
        let folder = context.layout.export(version.id)
        let place = folder + "/" + format.rawValue
        let work = folder + "/.\(format.rawValue)"
        try? FileManager.default.removeItem(atPath: work)
        defer { try? FileManager.default.removeItem(atPath: work) }
        do {
            try AtomicFile.makeFolder(folder)
            let card = try context.requireBase(of: version)
            let (check, kind) = try checkRows(version, card)
            let written = format.written(for: card.quantisation)
            var task = ExportTask(
                model: context.modelReference(card, adapters: version.adapters, recipe: version.recipe),
                format: written, check: check, checkLimit: rows)
            task.source = card.source
            let result = try await write(version, task, work)
            try? FileManager.default.removeItem(atPath: place)
            try AtomicFile.move(work + "/export", to: place)
            let files = (result.files ?? []).map { file in
                var file = file
                file.path = place + "/" + (file.path as NSString).lastPathComponent
                return file
            }
            return ExportRecord(
                version: version.id, format: format, written: written, state: .done, path: place, files: files,
                figures: result.figures ?? [:], check: kind, at: Date())
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let failure = StageContext.failure(error, code: "export.failed")
            // What passes is waited for: the run is delivered when it has passed.
            if failure.isPassing { throw failure }
            return ExportRecord(
                version: version.id, format: format, state: .failed, path: place,
                failure: failure, at: Date())
        }
    }

    /// The rows that what is written is scored on: gate rows as far as they are left, else what the base wrote itself.
    private func checkRows(_ version: ModelVersion, _ card: BaseCard) throws -> ([FileReference], ExportRecord.Check) {
        let gate = (try context.ledger.snapshot(version.snapshot)?.files[.gate] ?? []).filter {
            FileManager.default.fileExists(atPath: $0.path)
        }
        if !gate.isEmpty { return (gate, .gate) }
        guard var probe = card.probe else { return ([], .texts) }
        probe.path = context.layout.base(card.id) + "/" + probe.path
        return FileManager.default.fileExists(atPath: probe.path) ? ([probe], .probe) : ([], .texts)
    }

    private func write(_ version: ModelVersion, _ task: ExportTask, _ work: String) async throws -> WorkerResult {
        let settings = context.settings.daemon
        let request = WorkerRequest(
            id: "\(version.id)-\(task.format.rawValue)", directory: work, task: .export(task),
            threads: settings.workerThreads, memoryBytes: settings.workerMemoryBytes)
        var attempt = 1
        while true {
            do {
                return try await launcher.run(request, silence: .seconds(settings.workerSilenceSeconds)) { _ in }
            } catch WorkerEnd.interrupted {
                throw CancellationError()
            } catch WorkerEnd.failed(let failure) {
                throw failure
            } catch WorkerEnd.waits(let failure) {
                throw failure
            } catch WorkerEnd.died(let failure) {
                guard attempt < Self.attempts else { throw failure }
                attempt += 1
            }
        }
    }
}
