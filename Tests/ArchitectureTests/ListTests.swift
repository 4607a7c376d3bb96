import TestSupport
import Testing

/// Lists that `make regenerate` writes into the code name everything that they are made of.
struct ListTests {
    @Test func familiesAndCommandsAreListed() async throws {
        let (ending, output) = try await ChildProgram.run(
            "python3", [TestSupport.repository + "/tools/make-lists.py", "--check"])
        #expect(ending == .exited(0), "\(output)Run: make regenerate")
    }
}
