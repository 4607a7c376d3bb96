import Foundation
import Synchronization
import Testing

@testable import Platform

/// Two threads hand everything on, in order, and end together.
struct ReadAheadTests {
    struct Own: Error, Hashable { var number: Int }

    @Test(arguments: [0, 1, 2, 1000]) func everythingIsTakenInOrder(_ count: Int) throws {
        var taken: [Int] = []
        try ReadAhead.run { give in
            for number in 0..<count { try give(number) }
        } take: {
            taken.append($0)
        }
        #expect(taken == Array(0..<count))
    }

    @Test(arguments: 0..<6) func whatTheMakerThrowsComesAfterWhatItGave(_ count: Int) {
        var taken = 0
        #expect(throws: Own(number: count)) {
            try ReadAhead.run { give in
                for number in 0..<count { try give(number) }
                throw Own(number: count)
            } take: { (_: Int) in
                taken += 1
            }
        }
        #expect(taken == count)
    }

    /// Whether the maker waits, works or has ended at that time: it ends, and nothing is taken any more.
    @Test(arguments: [0, 1, 2, 5, 9], [0, 2000]) func whoeverTakesMayLeave(_ last: Int, _ pause: Int) {
        let ended = Mutex(false)
        var taken = 0
        #expect(throws: Own(number: last)) {
            try ReadAhead.run { give in
                defer { ended.withLock { $0 = true } }
                for number in 0..<10 {
                    if number % 2 == 1 { usleep(UInt32(pause)) }
                    try give(number)
                }
            } take: { (number: Int) in
                taken += 1
                if number % 3 == 0 { usleep(UInt32(pause)) }
                if number == last { throw Own(number: last) }
            }
        }
        #expect(ended.withLock { $0 })
        #expect(taken == last + 1)
    }

    @Test func theMakerIsAtMostTwoAhead() throws {
        let made = Mutex(0)
        try ReadAhead.run { give in
            for number in 0..<50 {
                made.withLock { $0 += 1 }
                try give(number)
            }
        } take: { (number: Int) in
            usleep(500)
            // One is taken, one waits, and one is being given.
            #expect(made.withLock { $0 } <= number + 3)
        }
    }

    @Test func aCancelledTaskTakesNoMore() async throws {
        let reading = Task { () -> Int in
            var taken = 0
            do {
                try ReadAhead.run { give in
                    for number in 0..<1000 { try give(number) }
                } take: { _ in
                    taken += 1
                    if taken == 3 { withUnsafeCurrentTask { $0?.cancel() } }
                }
            } catch is CancellationError { return taken }
            return -1
        }
        #expect(try await reading.value == 3)
    }
}
