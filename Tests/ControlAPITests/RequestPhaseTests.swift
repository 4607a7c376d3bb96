import NIOCore
import Testing

@testable import ControlAPI

/// What is waited for on a connection, and how long, without a clock.
struct RequestPhaseTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }
    private func due(_ phase: RequestPhase) -> Int64? {
        phase.deadline.map { ($0 - start).nanoseconds / 1_000_000_000 }
    }
    /// Of a connection that is read from the start on.
    private var phase: RequestPhase {
        var phase = RequestPhase(ConnectionLimits())
        phase.begins(start)
        return phase
    }

    @Test func whoIsNotReadYetIsNotCut() {
        var phase = RequestPhase(ConnectionLimits())
        #expect(due(phase) == nil, "a busy daemon has not looked at him")
        phase.begins(at(100))
        #expect(due(phase) == 110)
    }

    @Test func theHeadHasTenSeconds() {
        var phase = phase
        #expect(due(phase) == 10)
        phase.came(at(9))
        #expect(due(phase) == 10, "a dribble earns no time")
    }

    @Test func anAnswerHasAllTheTimeThereIs() {
        var phase = phase
        phase.came(at(1))
        phase.cameHead()
        phase.cameEnd(at(1))
        #expect(due(phase) == nil)
        phase.sentEnd(at(4000))
        #expect(due(phase) == 4060, "idle time counts between requests only")
        phase.came(at(4050))
        #expect(due(phase) == 4060, "and then the next head has ten seconds")
        phase.cameHead()
        phase.cameEnd(at(4051))
        #expect(due(phase) == nil)
    }

    @Test func whoSendsTheNextRequestBeforeItsTurnIsNotIdle() {
        var phase = phase
        for _ in 0..<2 {
            phase.cameHead()
            phase.cameEnd(at(1))
        }
        phase.sentEnd(at(100))
        #expect(due(phase) == nil)
        phase.sentEnd(at(200))
        #expect(due(phase) == 260)
    }

    @Test func aBodyCountsOnlyWhileItIsWaitedFor() {
        var phase = phase
        phase.cameHead()
        #expect(due(phase) == nil, "the daemon is not ready for it")
        phase.waits(at(500))
        #expect(due(phase) == 560)
        phase.cameBody(10, at(550))
        #expect(due(phase) == nil)
        phase.waits(at(1000))
        #expect(due(phase) == 1010, "50 of 60 seconds are over")
    }

    @Test func whoSendsFastEnoughIsNotCut() {
        var phase = phase
        phase.cameHead()
        var now: Int64 = 0
        for _ in 0..<100 {
            phase.waits(at(now))
            now += 30
            phase.cameBody(30 * 1024, at(now))
        }
        phase.waits(at(now))
        #expect(due(phase) == now + 60)
        // Who then says nothing is cut after the gap, and who dribbles when what he earned is used up.
        var cut = false
        for _ in 0..<10 where !cut {
            now += 59
            cut = (due(phase) ?? .max) < now
            phase.cameBody(1, at(now))
            phase.waits(at(now))
        }
        #expect(cut)
    }

    @Test func noBodyIsWaitedForLongerThanAnHour() {
        var phase = phase
        phase.cameHead()
        var now: Int64 = 0
        var count = 0
        while count < 1000 {
            phase.waits(at(now))
            now += 50
            if let due = due(phase), due < now { break }
            phase.cameBody(1 << 20, at(now))
            count += 1
        }
        #expect(count == 72, "\(count)")
    }
}
