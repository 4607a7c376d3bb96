import Nouns
import StageKit
import WorkerProtocol

extension ServingService: ModelAnswers {
    package func answers(_ version: ModelVersion, to conversations: [[Message]], maxNewTokens: Int) async throws
        -> [String]
    {
        let target = ServingTarget(model: try context.modelReference(version), version: version.id)
        return try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for (index, messages) in conversations.enumerated() {
                let request = ServingRequest(
                    target: target, question: ServingQuestion(messages: messages),
                    drawing: ServingDrawing(maxNewTokens: maxNewTokens), caller: nil)
                group.addTask { (index, try await self.answer(request).text) }
            }
            var texts = [String](repeating: "", count: conversations.count)
            for try await (index, text) in group { texts[index] = text }
            return texts
        }
    }
}
