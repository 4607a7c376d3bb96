import Foundation
import Nouns
import Platform
import Settings
import Synchronization
import WorkerProtocol

/// Knows which engine does which work, and what each says of itself.
///
/// Every program is asked once (`PROGRAM --describe`), and again when its file has changed.
package final class EngineRoster: Sendable {
    /// Seconds that an engine may take to describe itself.
    private static let patience = 30.0
    /// Bytes of a description that are read.
    private static let longest = 1 << 20

    private struct Entry {
        let stamp: [Int]
        let answer: Task<EngineDescription, any Error>
    }
    private let entries = Mutex<[String: Entry]>([:])
    private let folder: String
    private let standard: String
    private let settings: @Sendable () -> DaemonSettings

    /// - Parameters:
    ///   - folder: where the programs' answers pass through.
    ///   - standard: the program for all work that the settings give to no other.
    ///   - settings: the settings in force now.
    package init(folder: String, standard: String, settings: @escaping @Sendable () -> DaemonSettings) {
        self.folder = folder
        self.standard = standard
        self.settings = settings
    }

    /// The program that does a kind of work. Throws ``WorkerEnd`` where it cannot, by its own account.
    package func program(for task: WorkerTask.Kind) async throws -> String {
        let settings = settings()
        let engine = settings.engines.first { $0.tasks.contains(task) }
        let program = engine?.program ?? settings.workerProgram ?? standard
        let description: EngineDescription
        do { description = try await describe(program) } catch let failure as Failure {
            throw failure.code == "engine.protocol" ? WorkerEnd.failed(failure) : WorkerEnd.died(failure)
        }
        guard description.does(task) else { throw WorkerEnd.failed(Self.cannot(task, engine?.name, program)) }
        return program
    }

    /// What is wrong with the engines that the settings name, by engine; the nameless one is `worker`. A cancelled task
    /// waits for no answer.
    package func faults() async -> [String: Failure] {
        let settings = settings()
        var faults: [String: Failure] = [:]
        let others = settings.engines.map { (name: $0.name, program: $0.program, tasks: $0.tasks) }
        for engine in [("worker", settings.workerProgram ?? standard, [])] + others {
            do {
                let answer = try question(engine.program)
                let description = try await withTaskCancellationHandler {
                    try await settled(answer, of: engine.program)
                } onCancel: {
                    answer.cancel()
                }
                if let task = engine.tasks.first(where: { !description.does($0) }) {
                    faults[engine.name] = Self.cannot(task, engine.name, engine.program)
                }
            } catch let failure as Failure {
                faults[engine.name] = failure
            } catch {
                faults[engine.name] = Failure(code: "engine.no_description", "\(error)", at: engine.program)
            }
        }
        return faults
    }

    /// What a program says of itself. Throws a Failure where it says nothing, or speaks another protocol.
    private func describe(_ program: String) async throws -> EngineDescription {
        try await settled(try question(program), of: program)
    }

    /// The question that a program was asked, or is from now on.
    private func question(_ program: String) throws -> Task<EngineDescription, any Error> {
        let stamp = try Self.stamp(program)
        return entries.withLock { entries in
            if let known = entries[program], known.stamp == stamp { return known.answer }
            let answer = Task { [folder] in try await Self.ask(program, folder) }
            entries[program] = Entry(stamp: stamp, answer: answer)
            return answer
        }
    }

    /// The answer to a question. One that failed is asked anew the next time: the program may have been too busy.
    private func settled(_ answer: Task<EngineDescription, any Error>, of program: String) async throws
        -> EngineDescription
    {
        do { return try await answer.value } catch {
            entries.withLock { entries in if entries[program]?.answer == answer { entries[program] = nil } }
            throw error
        }
    }

    private static func ask(_ program: String, _ folder: String) async throws -> EngineDescription {
        let name = "describe-\(UUID().uuidString)"
        defer { unlink("\(folder)/\(name).log") }
        let ending = try await HookProgram.run(
            [program, "--describe"], event: Data(), folder: folder, name: name, seconds: patience, keeping: longest,
            confined: true)
        guard ending.succeeded else {
            let output = ending.output.trimmingCharacters(in: .whitespacesAndNewlines)
            throw Failure(
                code: "engine.no_description", "The engine does not describe itself when it is asked to.", at: program,
                remedy: "Run `\(program) --describe`: it must print the JSON object of docs/engine-protocol.md.",
                cause: output.isEmpty ? ending.status.map { "it left with status \($0)" } : output)
        }
        return try EngineDescription.read(ending.printed, of: program)
    }

    /// What changes when another program is installed in its place.
    private static func stamp(_ program: String) throws -> [Int] {
        var status = stat()
        guard stat(program, &status) == 0, access(program, X_OK) == 0 else {
            throw Failure(
                code: "worker.not_started", "The worker could not be started.", at: program,
                remedy: "Check that the program is installed.", cause: String(cString: strerror(errno)))
        }
        return [
            Int(status.st_ino), Int(status.st_size), Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec),
        ]
    }

    private static func cannot(_ task: WorkerTask.Kind, _ engine: String?, _ program: String) -> Failure {
        Failure(
            code: "engine.task",
            "The engine '\(engine ?? "worker")' does not do the task '\(task.rawValue)', as it says itself.",
            at: program,
            remedy: "Name an engine that does in finetuned.toml: [engines.NAME] with tasks = [\"\(task.rawValue)\"].")
    }
}
