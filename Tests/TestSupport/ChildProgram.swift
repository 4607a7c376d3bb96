import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// One of the built programs (or any other) run as a child of the tests, with its output kept in a file.
package final class ChildProgram: @unchecked Sendable {
    /// How a program left.
    package enum Ending: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    package struct CannotStart: Error { package var program: String, reason: String }

    package let pid: pid_t
    package let outputPath: String
    // Guarded by `lock`: waitpid may be asked for once only.
    private var ending: Ending?
    private let lock = NSLock()

    /// Starts `program` with standard output and error appended to `output`.
    ///
    /// - Parameter descriptors: further descriptors of ours, and the numbers that it finds them under.
    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], output: String,
        giving descriptors: [Int32: Int32] = [:]
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        for (own, theirs) in descriptors { posix_spawn_file_actions_adddup2(&actions, own, theirs) }
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let argv = ([program] + arguments).map { strdup($0) } + [nil]
        let envp = merged.map { strdup("\($0)=\($1)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        // Tests that a shell has begun beside others are deaf to the keyboard, those under nohup to the terminal's end;
        // what they start is not.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var heard = sigset_t()
        sigemptyset(&heard)
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGPIPE] { sigaddset(&heard, number) }
        posix_spawnattr_setsigdefault(&attributes, &heard)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var child: pid_t = 0
        let status = posix_spawnp(&child, program, &actions, &attributes, argv, envp)
        guard status == 0 else { throw CannotStart(program: program, reason: String(cString: strerror(status))) }
        pid = child
        outputPath = output
    }

    /// Everything it has printed so far.
    package var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    /// Whether it has not left yet.
    package var isRunning: Bool { poll() == nil }

    package func signal(_ number: Int32) { if isRunning { kill(pid, number) } }

    /// Waits until it leaves, polling; nil when it is still there after `seconds`.
    @discardableResult
    package func wait(seconds: Double = 60) async throws -> Ending? {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            if let ending = poll() { return ending }
            try await Task.sleep(for: .milliseconds(10))
        }
        return poll()
    }

    /// Runs a program to its end and returns how it left and what it printed.
    package static func run(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], seconds: Double = 120
    ) async throws -> (ending: Ending?, output: String) {
        let file = NSTemporaryDirectory() + "/ft-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        let child = try ChildProgram(program, arguments, environment: environment, output: file)
        let ending = try await child.wait(seconds: seconds)
        if ending == nil { child.signal(SIGKILL) }
        return (ending, child.output)
    }

    private func poll() -> Ending? {
        lock.lock()
        defer { lock.unlock() }
        if let ending { return ending }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let signal = status & 0x7f
        ending = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
        return ending
    }

    deinit {
        if isRunning {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
    }
}
