import Foundation
import TestSupport
import Testing

/// Lists that `make regenerate` writes into the code name everything that they are made of.
struct ListTests {
    /// The pages that `make install` writes for `man`.
    @Test func manPagesAreMadeOfTheDocumentation() async throws {
        let folder = NSTemporaryDirectory() + "man-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (ending, output) = try await ChildProgram.run(
            "python3", [TestSupport.repository + "/tools/make-man.py", folder])
        try #require(ending == .exited(0), "\(output)")
        for (path, words) in [
            ("man1/ftctl.1", ["ftctl \\- ", "drop add", "EXIT STATUS"]),
            ("man5/finetuned.toml.5", ["worker.memory", "gates.primary"]),
            ("man8/finetuned.8", ["finetuned \\- ", "FILES"]), ("man8/finetune-worker.8", ["finetune-worker \\- "]),
        ] {
            let page = try String(contentsOfFile: folder + "/" + path, encoding: .utf8)
            #expect(page.contains("\n.TH ") && page.contains("\n.SH \"NAME\"\n"), "\(path)")
            for word in words { #expect(page.contains(word), "\(path): \(word)") }
            #expect(!page.contains("```") && !page.contains("\n|"), "\(path) holds no markdown")
        }
    }

    @Test func familiesAndCommandsAreListed() async throws {
        let (ending, output) = try await ChildProgram.run(
            "python3", [TestSupport.repository + "/tools/make-lists.py", "--check"])
        #expect(ending == .exited(0), "\(output)Run: make regenerate")
    }
}
