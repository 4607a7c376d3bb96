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
    private let entries = Mutex<[[String]: Entry]>([:])
    private let folder: String
    private let standard: String
    private let settings: @Sendable () -> SettingsFolder
    private let confinement: @Sendable () -> Confinement?

    /// - Parameters:
    ///   - folder: where the programs' answers pass through.
    ///   - standard: the program for all work that the settings give to no other.
    ///   - confinement: what a program may read and change that is asked what it is.
    ///   - settings: the settings in force now.
    package init(
        folder: String, standard: String, confinement: @escaping @Sendable () -> Confinement? = { nil },
        settings: @escaping @Sendable () -> SettingsFolder
    ) {
        self.confinement = confinement
        self.folder = folder
        self.standard = standard
        self.settings = settings
    }

    /// The command that does a piece of work, to which the path of its request is added: that of the engine which the
    /// request names, else of the one that has this kind of work. Throws ``WorkerEnd`` where it cannot, by its own
    /// account.
    package func command(for request: WorkerRequest) async throws -> [String] {
        let (task, settings) = (request.task.kind, settings())
        let command: [String]
        let name: String
        if let wanted = request.compute?.engine {
            guard let profile = settings.engine(EngineName(wanted)) else {
                throw WorkerEnd.waits(settings.unknownEngine(EngineName(wanted), at: wanted))
            }
            (name, command) = (wanted, commandLine(of: profile))
        } else {
            let engine = settings.daemon.engines.first { $0.tasks.contains(task) }
            (name, command) = (engine?.name ?? "worker", [engine?.program ?? worker(settings)])
        }
        let description: EngineDescription
        do { description = try await describe(command) } catch let failure as Failure {
            throw failure.code == "engine.protocol" ? WorkerEnd.failed(failure) : WorkerEnd.died(failure)
        }
        guard description.does(task) else { throw WorkerEnd.failed(Self.cannot(task, name, command[0])) }
        return command
    }

    /// What an engine that pipelines name says of itself. Throws a Failure where it says nothing, or speaks another
    /// protocol.
    package func description(of profile: EngineProfile) async throws -> EngineDescription {
        try await describe(commandLine(of: profile))
    }

    /// The architectures that some engine which pipelines can name runs, as they say; one that says nothing is passed
    /// over.
    package func architectures() async -> [String] {
        var found: Set<String> = []
        for profile in settings().engines where !profile.isBuiltin {
            found.formUnion((try? await description(of: profile))?.architectures ?? [])
        }
        return found.sorted()
    }

    /// The program of an engine with its first arguments.
    package func commandLine(of profile: EngineProfile) -> [String] {
        switch profile.program {
        case EngineProfile.builtin: [worker(settings())]
        case EngineProfile.torch: [profile.python ?? "python3", "-m", "finetuned_torch"]
        default: [profile.program]
        }
    }

    private func worker(_ settings: SettingsFolder) -> String { settings.daemon.workerProgram ?? standard }

    /// What is wrong with the engines that the settings name, by engine; the nameless one is `worker`. A cancelled task
    /// waits for no answer.
    package func faults() async -> [String: Failure] {
        let settings = settings()
        var faults: [String: Failure] = [:]
        let others = settings.daemon.engines.map { (name: $0.name, command: [$0.program], tasks: $0.tasks) }
        let named = settings.engines.map {
            (
                name: $0.name.rawValue, command: commandLine(of: $0),
                tasks: $0.evaluate ? [WorkerTask.Kind.train, .score, .generate] : [.train]
            )
        }
        for engine in [("worker", [worker(settings)], [])] + others + named {
            do {
                let answer = try question(engine.command)
                let description = try await withTaskCancellationHandler {
                    try await settled(answer, of: engine.command)
                } onCancel: {
                    answer.cancel()
                }
                if let task = engine.tasks.first(where: { !description.does($0) }) {
                    faults[engine.name] = Self.cannot(task, engine.name, engine.command[0])
                }
            } catch let failure as Failure {
                faults[engine.name] = failure
            } catch {
                faults[engine.name] = Failure(code: "engine.no_description", "\(error)", at: engine.command[0])
            }
        }
        return faults
    }

    /// What a program says of itself. Throws a Failure where it says nothing, or speaks another protocol.
    private func describe(_ command: [String]) async throws -> EngineDescription {
        try await settled(try question(command), of: command)
    }

    /// The question that a program was asked, or is from now on.
    private func question(_ command: [String]) throws -> Task<EngineDescription, any Error> {
        let stamp = try Self.stamp(command[0])
        return entries.withLock { entries in
            if let known = entries[command], known.stamp == stamp { return known.answer }
            let answer = Task { [folder, confinement] in try await Self.ask(command, folder, confinement()) }
            entries[command] = Entry(stamp: stamp, answer: answer)
            return answer
        }
    }

    /// The answer to a question. One that failed is asked anew the next time: the program may have been too busy.
    private func settled(_ answer: Task<EngineDescription, any Error>, of command: [String]) async throws
        -> EngineDescription
    {
        do { return try await answer.value } catch {
            entries.withLock { entries in if entries[command]?.answer == answer { entries[command] = nil } }
            throw error
        }
    }

    private static func ask(_ command: [String], _ folder: String, _ confinement: Confinement?) async throws
        -> EngineDescription
    {
        let program = command.joined(separator: " ")
        let name = "describe-\(UUID().uuidString)"
        defer { unlink("\(folder)/\(name).log") }
        let ending = try await HookProgram.run(
            command + ["--describe"], event: Data(), folder: folder, name: name, seconds: patience, keeping: longest,
            confinement: confinement)
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

    private static func cannot(_ task: WorkerTask.Kind, _ engine: String, _ program: String) -> Failure {
        Failure(
            code: "engine.task",
            "The engine '\(engine)' does not do the task '\(task.rawValue)', as it says itself.",
            at: program,
            remedy: "Name an engine that does in finetuned.toml: [engines.NAME] with tasks = [\"\(task.rawValue)\"].")
    }
}
