import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Platform
import StageKit
import Synchronization
import Testing

/// Control never waits for data: between any two things that a stage at work tells of, many answers are given.
@Suite(.timeLimit(.minutes(10)))
struct AnswersBesideWorkTests {
    private enum Entry: Equatable {
        case answer
        case progress(stage: Int)
    }

    /// What happened, in order.
    private final class Record: Sendable {
        private let entries = Mutex<[Entry]>([])
        private let answers = Atomic<Int>(0)
        private let done = Atomic<Int>(0)

        var all: [Entry] { entries.withLock { $0 } }
        var stagesDone: Int { done.load(ordering: .relaxed) }

        func answered() {
            entries.withLock { $0.append(.answer) }
            answers.add(1, ordering: .relaxed)
        }

        /// Works as a stage does that neither suspends nor looks up: tells of each piece, and holds its thread until so
        /// many answers have been given.
        func work(stage: Int, pieces: Int, answersEach wanted: Int, tell: (Int) -> Void) {
            for piece in 0...pieces {
                entries.withLock { $0.append(.progress(stage: stage)) }
                tell(piece)
                guard piece < pieces else { break }
                let before = answers.load(ordering: .relaxed)
                while answers.load(ordering: .relaxed) < before + wanted { usleep(100) }
            }
            done.add(1, ordering: .relaxed)
        }
    }

    @Test func manyAnswersAreGivenBetweenTwoProgressEvents() async throws {
        let (pieces, wanted) = (4, 10)
        // More than the pool of Swift's tasks has threads.
        let count = ProcessInfo.processInfo.activeProcessorCount + 2
        let scene = try OperationsScene()
        let run = try scene.queue().id
        let ask = Ask(scene)
        let record = Record()
        let stages = (0..<count).map { stage in
            let loop = StageLoop("stage-\(stage)", scene.context, bell: Bell(), every: .seconds(3600))
            return Task {
                await loop.run {
                    record.work(stage: stage, pieces: pieces, answersEach: wanted) {
                        scene.feed.tell(run, .queued, message: "stage \(stage): piece \($0)")
                    }
                }
            }
        }
        let threads = AnswerThreads()
        while record.stagesDone < count {
            let reply = try await threads.serving { try await ask(.get, "/v1/status") }
            #expect(reply.status == 200)
            record.answered()
        }
        for stage in stages { stage.cancel() }
        for stage in stages { await stage.value }
        for stage in 0..<count {
            let parts = record.all.split(separator: .progress(stage: stage), omittingEmptySubsequences: false)
            #expect(parts.count == pieces + 2)
            for part in parts.dropFirst().dropLast() { #expect(part.count { $0 == .answer } >= wanted) }
        }
    }
}
