import Dispatch
import Foundation
import Nouns
import Testing

@testable import Datasets

/// Whose turn it is to change a dataset.
@Suite(.timeLimit(.minutes(10)))
struct TurnsTests {
    let turns = Turns()

    /// Holds a pipeline's turn on a thread of its own until it is told to end.
    private func held(_ pipeline: PipelineName) async -> DispatchSemaphore {
        let end = DispatchSemaphore(value: 0)
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [turns] in
                try? turns.taken(pipeline) {
                    continuation.resume()
                    end.wait()
                }
            }
        }
        return end
    }

    @Test func anotherPipelinesTurnIsNobodysConcern() async throws {
        let end = await held("p")
        #expect(try turns.taken("q") { 1 } == 1)
        end.signal()
        #expect(try turns.taken("p") { 2 } == 2, "and one's own comes")
    }

    @Test func whoIsCancelledWaitsNoLonger() async throws {
        let end = await held("p")
        let turns = turns
        let waiting = Task { try turns.taken("p") {} }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        end.signal()
    }

    @Test func whoHasNoPatienceIsToldWhy() async throws {
        let end = await held("p")
        let failure = #expect(throws: Failure.self) { try turns.taken("p", atMost: .zero) {} }
        #expect(failure?.code == "dataset.busy")
        end.signal()
    }
}
