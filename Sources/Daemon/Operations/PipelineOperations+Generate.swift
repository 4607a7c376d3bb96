import ControlProtocol
import Foundation
import Launching
import Ledger
import Nouns
import Platform
import Settings
import StageKit
import WorkerProtocol

extension PipelineOperations {
    /// Lets the served model, or its base, answer prompts; a worker does it.
    ///
    /// Throws a Failure: that of the worker, or `generate.interrupted` where the daemon stops meanwhile.
    package func generate(_ name: PipelineName, _ request: GenerateRequest) async throws -> GenerateAnswer {
        let pipeline = try context.requirePipeline(name)
        let served = request.useBase ? nil : try context.served(name)
        let card = try context.requireBase(served?.base ?? context.effective(pipeline).settings.base)
        let task = GenerateTask(
            model: context.modelReference(card, adapters: served?.adapters ?? []),
            conversations: request.prompts.map { [Message(role: "user", content: $0)] },
            maxNewTokens: request.maxNewTokens, temperature: request.temperature)
        let id = "generate-\(UInt32.random(in: 0...UInt32.max))"
        let folder = context.layout.scratch(id)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            let result = try await launcher.run(
                WorkerRequest(
                    id: id, directory: folder, task: .generate(task), threads: context.settings.daemon.workerThreads),
                silence: .seconds(300)
            ) { _ in }
            return GenerateAnswer(version: served?.id, outputs: result.outputs ?? [])
        } catch let end as WorkerEnd {
            throw end.failure
                ?? Failure(code: "generate.interrupted", "The daemon is stopping.", remedy: "Ask again when it runs.")
        }
    }
}
