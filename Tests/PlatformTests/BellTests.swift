import Platform
import Testing

@Suite(.timeLimit(.minutes(10)))
struct BellTests {
    /// Lost, it would end the test by its time limit.
    @Test func aRingBeforeTheWaitIsNotLost() async {
        let bell = Bell()
        bell.ring()
        await bell.wait(atMost: .seconds(86_400))
    }

    @Test func waitingEndsByItselfAgainAndAgain() async {
        let bell = Bell()
        let start = ContinuousClock.now
        for _ in 0..<5 { await bell.wait(atMost: .milliseconds(20)) }
        // A bell that stops waiting after its first time-out would make its loop spin.
        #expect(ContinuousClock.now - start >= .milliseconds(95))
    }

    @Test func manyWaitsEndInAnyOrder() async {
        let ended = await withTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                group.addTask {
                    await Bell().wait(atMost: .milliseconds(10 * (number % 5)), leeway: .zero)
                    return number
                }
            }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ended.count == 50)
    }

    @Test func aChangeRingsTheBellsOfAllWhoWantToKnow() async {
        let (announcer, bells) = (Announcer(), [Bell(), Bell()])
        for bell in bells { announcer.tell(bell) }
        announcer.announce()
        // Lost, one would end the test by its time limit.
        for bell in bells { await bell.wait(atMost: .seconds(86_400)) }
    }

    @Test func cancellationEndsTheWait() async {
        let bell = Bell()
        let task = Task { await bell.wait(atMost: .seconds(60)) }
        task.cancel()
        await task.value
        let start = ContinuousClock.now
        await bell.wait(atMost: .milliseconds(30))
        #expect(ContinuousClock.now - start >= .milliseconds(25))
    }
}
