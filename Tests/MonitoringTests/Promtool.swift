import Foundation
import TestSupport
import Testing

/// Prometheus' own checks, by the program of Debian's package.
enum Promtool {
    static let absence: Comment =
        "promtool is not there: it is in Debian's package prometheus (tools/install-deps.sh test)"
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool") }

    /// Runs it through the shell; what it says where it is not content.
    static func complaint(_ arguments: String, in sandbox: Sandbox) async throws -> String? {
        let output = sandbox.root + "/promtool.log"
        let program = try ChildProgram("/bin/sh", ["-c", "exec /usr/bin/promtool \(arguments)"], output: output)
        let ending = try await program.wait(seconds: 300)
        return ending == .exited(0) ? nil : program.output + "\(String(describing: ending))"
    }
}
