import Foundation

/// What a page shows in blocks of code, so that a test can run it as it stands there.
package struct PageSnippets: Sendable {
    /// Each block with its language, in their order.
    private let blocks: [(language: String, text: String)]

    /// - Parameter page: below the repository, such as `docs/feedback.md`.
    package init(_ page: String) throws {
        blocks = try String(contentsOfFile: TestSupport.repository + "/" + page, encoding: .utf8)
            .matches(of: /(?s)```(\w+)\n(.*?)```/).map { (String($0.output.1), String($0.output.2)) }
    }

    /// The blocks of shell commands.
    package var shell: [String] { of("sh") }

    /// The blocks of a language.
    package func of(_ language: String) -> [String] { blocks.filter { $0.language == language }.map(\.text) }

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
