import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Testing

struct PipelineCheckTests {
    private func check(_ toml: String, base: String = "tiny") throws -> PipelineCheckAnswer {
        let scene = try OperationsScene()
        try scene.sandbox.pipeline("support", "base = \"\(base)\"\n" + toml)
        return try scene.operations.pipelines.check("support")
    }

    private func messages(_ toml: String) throws -> [String] { try check(toml).problems.map(\.message) }

    @Test func aSoundFileHasFactsAndNoProblem() throws {
        let answer = try check("")
        #expect(answer.problems.isEmpty)
        #expect(answer.pipeline == "support")
        #expect(answer.facts.contains { $0.hasPrefix("rows: 0 train") })
        #expect(answer.facts.contains { $0.hasPrefix("gates: the defaults, on gate, earlier") })
    }

    @Test func theFileIsReadAsItIsOnDiskNow() throws {
        let scene = try OperationsScene()
        #expect(try scene.operations.pipelines.check("support").problems.isEmpty)
        try scene.sandbox.pipeline("support", "base = \"gone\"\n")
        let problem = try #require(try scene.operations.pipelines.check("support").problems.first)
        #expect(problem.code == "base.unknown")
        #expect(problem.place?.hasSuffix("support.toml, base") == true)
        // Nothing was put into force.
        #expect(scene.context.settings.pipeline("support")?.base == "tiny")
    }

    @Test func aFileThatCannotBeReadIsOneProblem() throws {
        #expect(try check("[gates\n").problems.count == 1)
    }

    @Test(arguments: [
        ("metric = \"nonsense\"\nmin = 0.5", "There is no metric 'nonsense', so the gate always fails."),
        ("metric = \"accuracy\"", "The rule asks for nothing, so it always fails."),
        (
            "metric = \"accuracy\"\nset = \"golden-x\"\nmin = 0.5",
            "There is no set 'golden-x', so the gate always fails."
        ),
        ("metric = \"accuracy\"\nmin = 0.9\nmax = 0.1", "No value is at least 0.9 and at most 0.1."),
        (
            "metric = \"accuracy\"\nmin = 1.5",
            "'accuracy' is a share, from 0 to 1, so min = 1.5 is never or always so."
        ),
        ("metric = \"grader:own\"\nmin = 0.5", "There is no grader 'own', so the gate always fails."),
    ])
    func aRuleThatCanNeverPassIsAProblem(rule: String, message: String) throws {
        #expect(try messages("[[gates.rule]]\n" + rule + "\n").contains(message))
    }

    @Test func basesThatCompeteAreNoFault() throws {
        #expect(try check("", base: "auto").problems.isEmpty)
    }

    @Test func filesAndProgramsThatAreNotThereAreProblems() throws {
        let messages = try messages(
            """
            [gates]
            answer_schema = "/nonexistent/schema.json"
            [delivery]
            canary = ["/nonexistent/canary"]
            """)
        #expect(messages.contains("The file of gates.answer_schema cannot be read."))
        #expect(messages.contains("The program of the canary is not there, or cannot be executed."))
    }

    @Test(arguments: ["nobody", "../support", "Support"])
    func aPipelineWithoutAFileIsUnknown(name: String) throws {
        let scene = try OperationsScene()
        let failure = #expect(throws: Failure.self) { try scene.operations.pipelines.check(PipelineName(name)) }
        #expect(failure?.code == "pipeline.unknown")
    }
}
