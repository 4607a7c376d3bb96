import Foundation
import Nouns
import Places
import Platform
import Training
import WorkerProtocol

/// Keeps what was trained after each epoch beside the run's result, so that it can be asked: the adapters alone.
struct EpochFolders {
    let work: WorkFolder

    /// Keeps an epoch, and lets go of those that neither the last ones nor the best are among.
    ///
    /// - Parameter write: writes the adapter into a folder.
    func keep(_ end: TrainLoop.EpochEnd, write: (String) throws -> AdapterReference) throws {
        let path = work.epoch(end.step)
        // A run that goes on from a checkpoint comes to the same bytes again.
        if !FileManager.default.fileExists(atPath: path) {
            let hidden = work.epochs + "/.step-\(end.step)"
            try? FileManager.default.removeItem(atPath: hidden)
            try AtomicFile.makeFolder(hidden)
            let record = EpochRecord(
                step: end.step, sha256: try write(hidden).sha256, trainLoss: end.loss, validation: end.validation)
            try AtomicFile.write(try ContractCoding.pretty(record), to: hidden + "/" + EpochRecord.file)
            try AtomicFile.move(hidden, to: path)
        }
        let steps = EpochRecord.all(in: work.path).map(\.step)
        for step in Set(steps).subtracting(EpochRecord.staying(steps, best: end.bestStep)) {
            try FileManager.default.removeItem(atPath: work.epoch(step))
        }
    }

    /// Has an epoch whose weights are those of the result share its file.
    func share(_ result: AdapterReference) throws {
        for record in EpochRecord.all(in: work.path) where record.sha256 == result.sha256 {
            let name = "/adapter_model.safetensors"
            let temporary = work.epoch(record.step) + "/.shared"
            try? FileManager.default.removeItem(atPath: temporary)
            try AtomicFile.linkOrCopy(result.path + name, to: temporary)
            try AtomicFile.rename(temporary, to: work.epoch(record.step) + name)
        }
    }
}
