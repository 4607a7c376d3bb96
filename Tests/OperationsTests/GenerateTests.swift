import ControlProtocol
import Foundation
import Launching
import Nouns
import OperationsScene
import Synchronization
import Testing
import WorkerProtocol

struct GenerateTests {
    @Test func theBaseAnswersWhereNothingIsServed() async throws {
        let asked = Mutex<[GenerateTask]>([])
        let scene = try OperationsScene { request in
            guard case .generate(let task) = request.task else { throw Failure(code: "test", "Another task.") }
            asked.withLock { $0.append(task) }
            var result = WorkerResult()
            result.outputs = [GeneratedOutput(index: 0, text: "yes", tokens: 1, promptTokens: 2, finish: "stop")]
            return result
        }
        let request = GenerateRequest(prompts: ["well?"], maxNewTokens: 7, temperature: 0.5)
        let answer = try await scene.operations.pipelines.generate("support", request)
        #expect(answer.version == nil)
        #expect(answer.outputs.map(\.text) == ["yes"])
        let task = try #require(asked.withLock { $0.first })
        #expect(task.model.base == "tiny")
        #expect(task.conversations == [[Message(role: "user", content: "well?")]])
        #expect(task.maxNewTokens == 7)
        #expect(task.temperature == 0.5)
    }

    @Test func whatTheWorkerSaysIsTheAnswer() async throws {
        let scene = try OperationsScene { _ in throw WorkerEnd.failed(Failure(code: "weights.truncated", "Cut off.")) }
        let failure = await #expect(throws: Failure.self) {
            try await scene.operations.pipelines.generate("support", GenerateRequest(prompts: ["x"]))
        }
        #expect(failure?.code == "weights.truncated")
    }

    @Test func aDaemonThatStopsSaysSo() async throws {
        let scene = try OperationsScene { _ in throw WorkerEnd.interrupted }
        let failure = await #expect(throws: Failure.self) {
            try await scene.operations.pipelines.generate("support", GenerateRequest(prompts: ["x"]))
        }
        #expect(failure?.code == "generate.interrupted")
    }

    @Test func aPipelineThatIsNotThereIsUnknown() async throws {
        let scene = try OperationsScene()
        let failure = await #expect(throws: Failure.self) {
            try await scene.operations.pipelines.generate("nobody", GenerateRequest(prompts: ["x"]))
        }
        #expect(failure?.code == "pipeline.unknown")
    }
}
