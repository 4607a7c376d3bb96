import Foundation

/// Runs a program to its end, for programs that have no event loop of their own.
package enum SpawnedProgram {
    /// Its exit status; 128 and the signal's number where a signal ended it. Standard output and error go to the file
    /// `output`.
    ///
    /// Throws ``FileFailure`` where it cannot be started.
    package static func run(_ program: String, _ arguments: [String], output: String) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let argv = ([program] + arguments).map { strdup($0) } + [nil]
        let environment = ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { (argv + environment).forEach { free($0) } }
        var child: pid_t = 0
        let started = posix_spawn(&child, program, &actions, nil, argv, environment)
        guard started == 0 else { throw FileFailure("start it", program, errno: started) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw FileFailure("wait for it", program, errno: errno) }
        }
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }
}
