import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Testing

struct PipelineCheckTests {
    private func check(_ toml: String, base: String = "tiny") async throws -> PipelineCheckAnswer {
        let scene = try OperationsScene()
        try scene.sandbox.pipeline("support", "base = \"\(base)\"\n" + toml)
        return try await scene.operations.pipelines.check("support")
    }

    private func messages(_ toml: String) async throws -> [String] { try await check(toml).problems.map(\.message) }

    @Test func aSoundFileHasFactsAndNoProblem() async throws {
        let answer = try await check("")
        #expect(answer.problems.isEmpty)
        #expect(answer.pipeline == "support")
        #expect(answer.facts.contains { $0.hasPrefix("rows: 0 train") })
        #expect(answer.facts.contains { $0.hasPrefix("gates: the defaults, on gate, earlier") })
    }

    @Test func theFileIsReadAsItIsOnDiskNow() async throws {
        let scene = try OperationsScene()
        #expect(try await scene.operations.pipelines.check("support").problems.isEmpty)
        try scene.sandbox.pipeline("support", "base = \"gone\"\n")
        let problem = try #require(try await scene.operations.pipelines.check("support").problems.first)
        #expect(problem.code == "base.unknown")
        #expect(problem.place?.hasSuffix("support.toml, base") == true)
        // Nothing was put into force.
        #expect(scene.context.settings.pipeline("support")?.base == "tiny")
    }

    @Test func aFileThatCannotBeReadIsOneProblem() async throws {
        #expect(try await check("[gates\n").problems.count == 1)
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
    func aRuleThatCanNeverPassIsAProblem(rule: String, message: String) async throws {
        #expect(try await messages("[[gates.rule]]\n" + rule + "\n").contains(message))
    }

    /// Where wanted answers are longer than any answer may be, it is said before a night is spent on them.
    @Test(arguments: [(12, 1), (1, 0), (0, 0)])
    func answersThatWouldBeCutAreAProblem(cut: Int, problems: Int) async throws {
        let scene = try OperationsScene("[gates]\nmax_new_tokens = 64\n")
        var report = DataReport(pipeline: "support", at: Date(), drops: 1)
        var tokens = DataReport.Tokens()
        (tokens.rows, tokens.problemCounts) = (32, cut > 0 ? ["answer_too_long": cut] : nil)
        report.tokens = tokens
        try scene.context.ledger.keep(report)
        let answer = try await scene.operations.pipelines.check("support")
        #expect(answer.problems.count == problems && answer.warnings.count == (cut == 1 ? 1 : 0))
        let message = "12 of 32 wanted answers are longer than 64 tokens, so that even a right answer is cut and"
        if problems > 0 { #expect(answer.problems[0].message.hasPrefix(message), "\(answer.problems)") }
        // Without the key the limit follows each row.
        try scene.sandbox.pipeline("support", "base = \"tiny\"\n")
        #expect(try await scene.operations.pipelines.check("support").problems.isEmpty)
    }

    @Test func basesThatCompeteAreNoFault() async throws {
        #expect(try await check("", base: "auto").problems.isEmpty)
    }

    @Test func anEngineThatNoFileDescribesIsAProblem() async throws {
        let problem = try #require(try await check("engine = \"gpu\"\n").problems.first)
        #expect(problem.code == "engine.unknown" && problem.place?.hasSuffix("support.toml, engine") == true)
        #expect(problem.remedy?.contains("engines/gpu.toml") == true)
    }

    @Test func filesAndProgramsThatAreNotThereAreProblems() async throws {
        let messages = try await messages(
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
    func aPipelineWithoutAFileIsUnknown(name: String) async throws {
        let scene = try OperationsScene()
        let failure = await #expect(throws: Failure.self) {
            try await scene.operations.pipelines.check(PipelineName(name))
        }
        #expect(failure?.code == "pipeline.unknown")
    }
}
