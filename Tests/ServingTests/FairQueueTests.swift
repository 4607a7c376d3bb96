import Testing

@testable import Serving

/// Callers take turns, and none can shut the others out.
struct FairQueueTests {
    @Test func callersTakeTurns() throws {
        var queue = FairQueue<String>(capacity: 100)
        for index in 0..<5 { try queue.add("a\(index)", of: "ann") }
        try queue.add("b0", of: "bob")
        try queue.add("c0", of: "cyd")
        try queue.add("b1", of: "bob")
        var order: [String] = []
        while let next = queue.next() { order.append(next) }
        #expect(order == ["a0", "b0", "c0", "a1", "b1", "a2", "a3", "a4"])
        #expect(queue.isEmpty)
    }

    @Test func theDaemonsOwnGoFirstAndAreNeverRefused() throws {
        var queue = FairQueue<String>(capacity: 1)
        try queue.add("a", of: "ann")
        queue.addOwn("canary")
        #expect(queue.count == 2)
        #expect(queue.next() == "canary" && queue.next() == "a" && queue.next() == nil)
    }

    @Test func nobodyHoldsMoreThanHalf() throws {
        var queue = FairQueue<Int>(capacity: 6)
        for index in 0..<3 { try queue.add(index, of: "ann") }
        #expect(throws: QueueFull.caller(3)) { try queue.add(3, of: "ann") }
        for index in 4..<7 { try queue.add(index, of: "bob") }
        #expect(throws: QueueFull.queue(6)) { try queue.add(7, of: "cyd") }
        #expect(queue.remove { $0 < 3 } == [0, 1, 2])
        try queue.add(7, of: "cyd")
        #expect(queue.items == [4, 5, 6, 7])
    }

    @Test func pausesGrow() {
        #expect((0...9).map(ServingRules.pause) == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60])
    }
}
