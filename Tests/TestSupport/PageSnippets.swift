import Foundation

/// The commands that a page shows, so that a test can run them as they stand there.
package struct PageSnippets: Sendable {
    /// The blocks of shell commands, in their order.
    package let shell: [String]

    /// - Parameter page: below the repository, such as `docs/feedback.md`.
    package init(_ page: String) throws {
        shell = try String(contentsOfFile: TestSupport.repository + "/" + page, encoding: .utf8)
            .matches(of: /(?s)```sh\n(.*?)```/).map { String($0.output.1) }
    }

    /// Runs a block in the repository with the built programs, against the daemon of a sandbox; it ends at the first
    /// command that fails.
    package static func run(_ block: String, _ sandbox: Sandbox) async throws -> (
        ending: ChildProgram.Ending?, output: String
    ) {
        let text = block.replacing("/run/finetuned/finetuned.sock", with: sandbox.layout.socket)
            .replacing("/var/lib/prometheus/node-exporter", with: sandbox.root)
        return try await ChildProgram.run(
            "/bin/sh", ["-ec", "cd '\(TestSupport.repository)'; PATH='\(TestSupport.programs)':$PATH; \(text)"],
            environment: ["FINETUNED_ROOT": sandbox.root])
    }
}
