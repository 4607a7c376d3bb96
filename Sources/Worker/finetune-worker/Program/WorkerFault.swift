import ChatTemplates
import Encoding
import Exporting
import Foundation
import Nouns
import Platform
import Tensors
import Tokenization
import Transformers
import WeightFiles
import WorkerProtocol

/// Why the work ends early: the exit status, and what a person is told.
struct WorkerFault: Error {
    let exit: WorkerExit
    let failure: Failure

    init(_ exit: WorkerExit, _ failure: Failure) {
        self.exit = exit
        self.failure = failure
    }

    /// Gives any error its exit status and its stable code.
    init(_ error: any Error) {
        switch error {
        case let fault as WorkerFault: self = fault
        case let failure as Failure: self.init(Self.exit(of: failure), failure)
        case let error as ModelFailure:
            self.init(
                .badModel,
                Failure(code: "model.unsupported", Self.sentence(error.problem), at: error.place, remedy: error.remedy))
        case let error as ExportFailure:
            self.init(
                .badRequest,
                Failure(code: "export.unsupported", Self.sentence(error.problem), at: error.place, remedy: error.remedy)
            )
        case let error as WeightFileError:
            let exit: WorkerExit = error.code == .unwritable ? .cannotWrite : .badModel
            let cause = error.place.map { ", \($0)" } ?? ""
            self.init(
                exit,
                Failure(
                    code: "model.\(error.code.rawValue)", Self.sentence(error.problem), at: error.file + cause,
                    remedy: error.remedy))
        case let error as FileFailure:
            self.init(
                [ENOSPC, EDQUOT, EACCES, EPERM, EROFS, EIO, EMFILE, ENFILE].contains(error.number)
                    ? .cannotWrite : .badModel,
                Failure(
                    code: error.isFull ? "worker.disk_full" : "worker.file", "Cannot \(error.action).", at: error.path,
                    remedy: error.remedy, cause: error.reason))
        case let error as TokenizerFailure:
            self.init(
                .badModel,
                Failure(
                    code: "model.tokenizer", Self.sentence(error.problem), at: "\(error.source), \(error.location)",
                    remedy: error.remedy + "."))
        case let error as TemplateFailure:
            self.init(
                .badModel,
                Failure(
                    code: "model.template", "The chat template cannot be used: \(error).",
                    remedy: "Register the base with a corrected chat template."))
        case let error as EncodingFailure:
            self.init(
                .badData,
                Failure(
                    code: "rows.encoding", Self.sentence("\(error)"),
                    remedy: "Correct the rows, or raise max_length in the pipeline's recipe."))
        case let error as FloatBuffer.OutOfMemory:
            self.init(
                .internalFault,
                Failure(
                    code: "worker.memory", "\(error).",
                    remedy: "Lower max_length or the rank, raise the worker's memory, or choose a smaller base."))
        default:
            self.init(
                .internalFault,
                Failure(
                    code: "worker.internal", "The engine failed: \(error).",
                    remedy: "Start the run again; if it fails again, report it with the request file."))
        }
    }

    /// The exit status of a failure that the training loop or the reading of rows names.
    private static func exit(of failure: Failure) -> WorkerExit {
        switch failure.code {
        case "training.not_finite", "training.exploding": .diverged
        case "training.no_labels", "dataset.damaged", "rows.unreadable", "rows.none": .badData
        case "model.digest": .badModel
        case "training.checkpoint_mismatch", "request.tokens", "engine.result": .badRequest
        case _ where failure.code.hasPrefix("recipe."): .badRequest
        default: .internalFault
        }
    }

    private static func sentence(_ text: String) -> String {
        let first = text.prefix(1).uppercased() + text.dropFirst()
        return first.hasSuffix(".") ? first : first + "."
    }
}
