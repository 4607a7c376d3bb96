import Foundation
import Nouns
import Places
import Platform
import WorkerProtocol

/// The life of one worker: read the request, do the work, tell how it went.
enum WorkerProgram {
    /// What `--help` prints.
    static let usage = """
        usage: finetune-worker REQUEST.json
               finetune-worker --describe

        Does one piece of numeric work and leaves. Events go to file descriptor 3 and to events.jsonl in the request's
        folder, one JSON object a line; result.json holds the outcome.

        SIGTERM: give up the step under way, write a checkpoint of the last whole one, leave (75).
        SIGINT: leave at once, without a checkpoint (75).
        --describe: print what this engine can do, as one JSON object.

        exit: 0 done   64 bad request   65 bad rows   66 bad model   70 fault of the engine   73 cannot write
              74 another attempt has the folder   75 interrupted, start again to resume   76 loss diverged
        """

    /// Runs the program to its exit status.
    static func run(_ arguments: [String]) -> WorkerExit {
        if arguments == ["--describe"] { return describe() }
        guard arguments.count == 1, let path = arguments.first, !path.hasPrefix("-") else {
            let asked = arguments == ["--help"] || arguments == ["-h"]
            FileHandle(fileDescriptor: asked ? 1 : 2).write(Data((usage + "\n").utf8))
            return asked ? .done : .badRequest
        }
        StopRequest.install()
        let request: WorkerRequest
        let events: EventWriter
        let lock: FileLock
        do {
            request = try RequestReader.read(path)
            // First, while descriptor 3 is open only if the parent opened it.
            events = try EventWriter(folder: request.directory, attempt: request.compute?.attempt)
            lock = try FolderLock.take(request.directory)
            if events.isWatched { try StopRequest.followParent() }
        } catch is StopRequest.Made {
            EventWriter.end(.interrupted, saying: nil)
            return .interrupted
        } catch {
            let fault = WorkerFault(error)
            complain(fault)
            EventWriter.end(fault.exit, saying: fault.failure)
            return fault.exit
        }
        events.write(WorkerEvent(.started))
        defer { withExtendedLifetime(lock) {} }
        let exit = work(TaskContext(request: request, events: events))
        var event = WorkerEvent(.ended)
        event.status = exit.rawValue
        events.write(event)
        return exit
    }

    /// Does what is asked, and tells what came of it.
    private static func work(_ context: TaskContext) -> WorkerExit {
        let events = context.events
        do {
            let result = try perform(context)
            try ResultFile.write(
                try ContractCoding.pretty(result), to: WorkFolder(context.request.directory).result)
            var event = WorkerEvent(.result)
            event.result = result
            events.write(event)
            return .done
        } catch is StopRequest.Made {
            return .interrupted
        } catch {
            let fault = WorkerFault(error)
            var event = WorkerEvent(.failed)
            event.failure = fault.failure
            events.write(event)
            complain(fault)
            return fault.exit
        }
    }

    private static func describe() -> WorkerExit {
        do {
            try FileHandle.standardOutput.write(
                contentsOf: try ContractCoding.pretty(OwnDescription.value) + Data([10]))
            return .done
        } catch {
            let fault = WorkerFault(error)
            complain(fault)
            return fault.exit
        }
    }

    /// Throws ``StopRequest/Made`` where a stop request ended the work.
    private static func perform(_ context: TaskContext) throws -> WorkerResult {
        switch context.request.task {
        case .inspect(let task): try InspectRunner(context: context).run(task)
        case .measure(let task): try MeasureRunner(context: context).run(task)
        case .encode(let task): try EncodeRunner(context: context).run(task)
        case .train(let task): try TrainRunner(context: context).run(task)
        case .evaluate(let task): try EvaluateRunner(context: context).run(task)
        case .generate(let task): try GenerateRunner(context: context).run(task)
        case .export(let task): try ExportRunner(context: context).run(task)
        case .rangeTest(let task): try RangeTestRunner(context: context).run(task)
        case .score(let task): try ScoreRunner(context: context).run(task)
        case .serve(let task): try ServeRunner(context: context).run(task)
        case .yardstick(let task): try YardstickRunner(context: context).run(task)
        case .records(let task): try RecordsRunner(context: context).run(task)
        }
    }

    private static func complain(_ fault: WorkerFault) {
        // The daemon that would read it may be gone; the failure is in events.jsonl as well.
        try? FileHandle.standardError.write(contentsOf: Data("finetune-worker: \(fault.failure)\n".utf8))
    }
}
