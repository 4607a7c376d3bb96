import Foundation
import Platform
import Subprocess
import Synchronization

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// How one program of the person's own is started and ended.
struct ProgramStart {
    let command: [String]
    /// The file that is its standard input.
    let input: String
    /// Where it begins, and what it may change.
    let work: String
    let keeping: Int
    let confinement: Confinement?
    let mayAsk: Bool

    /// The whole group is asked to end, and killed two seconds later.
    private static let grace = TeardownStep.gracefulShutDown(
        toProcessGroup: true, allowedDurationToNextStep: .seconds(2))

    private var arguments: Arguments {
        let niceness = Niceness.ofPrograms(Niceness.work)
        let isBounded = confinement?.writable.isEmpty ?? true
        let limits = "{ ulimit -c 0\(isBounded ? "; ulimit -f 2097152" : ""); } 2>/dev/null"
        var confined = command
        if var confinement {
            confinement.writable.append(work)
            confined = confinement.command(command, isGuarded: true)
        }
        return Arguments(["-c", "\(limits); exec nice -n $((\(niceness) - $(nice))) \"$0\" \"$@\""] + confined)
    }

    private var environment: Environment {
        var variables: [Environment.Key: String] = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": work, "TMPDIR": work,
        ]
        if mayAsk, let permit = Environment.Key(rawValue: HookPermit.variable) {
            variables[permit] = HookPermit.own.word
        }
        return .custom(variables)
    }

    /// Runs it for at most `seconds`. Throws SubprocessError where it cannot be run.
    func run(seconds: Double, onTimeout: @escaping @Sendable () -> Void) async throws
        -> (TerminationStatus, ProgramOutput)
    {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [Self.grace]
        let stdin = try FileDescriptor.open(input, .readOnly, options: [.closeOnExec])
        let output = ProgramOutput(keeping: keeping)
        let group = Atomic<Int32>(0)
        let isLate = Atomic<Bool>(false)
        // The first of the group may have left where others of it have not.
        defer {
            let first = group.load(ordering: .relaxed)
            if first > 0, isLate.load(ordering: .relaxed) || Task.isCancelled { kill(-first, SIGKILL) }
        }
        let status = try await Subprocess.run(
            .path("/bin/sh"), arguments: arguments, environment: environment, workingDirectory: FilePath(work),
            platformOptions: options, input: .fileDescriptor(stdin, closeAfterSpawningProcess: true),
            output: .sequence, error: .sequence
        ) { execution in
            group.store(execution.processIdentifier.value, ordering: .relaxed)
            let (printed, complaints) = (execution.standardOutput, execution.standardError)
            try await withThrowingTaskGroup(of: Bool.self) { tasks in
                tasks.addTask {
                    async let said: Void = Self.read(complaints) { output.complain($0) }
                    try await Self.read(printed) { output.print($0) }
                    try await said
                    return true
                }
                tasks.addTask {
                    try await Task.sleep(for: .seconds(seconds))
                    return false
                }
                let ended = try await tasks.next() ?? true
                tasks.cancelAll()
                if !ended {
                    isLate.store(true, ordering: .relaxed)
                    onTimeout()
                    await execution.teardown(using: [Self.grace])
                }
            }
        }.terminationStatus
        return (status, output)
    }

    private static func read(
        _ pieces: SubprocessOutputSequence, _ take: @Sendable (UnsafeRawBufferPointer) -> Void
    ) async throws {
        for try await piece in pieces { piece.withUnsafeBytes { take($0) } }
    }
}
