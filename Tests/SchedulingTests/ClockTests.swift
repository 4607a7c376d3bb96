import Foundation
import Testing

@testable import Scheduling

/// A clock that was ahead and has been set back keeps nobody waiting.
struct ClockTests {
    private let now = Date(timeIntervalSince1970: 1_000_000_000)

    @Test func timesThatAreStillToComeAreOver() {
        #expect(SchedulingService.passed(now.addingTimeInterval(86_400), now) == .distantPast)
        #expect(SchedulingService.passed(now.addingTimeInterval(-5), now) == now.addingTimeInterval(-5))
        #expect(SchedulingService.passed(now.addingTimeInterval(0.5), now) == now.addingTimeInterval(0.5))
    }

    @Test func whatWasStoredInTheFutureIsSettled() {
        let now = SchedulingRulesTests.now
        let stored = SchedulingService.passed(now.addingTimeInterval(1e7), now)
        let decision = SchedulingRulesTests().decide { situation, _ in
            (situation.newestDrop, situation.oldestDrop) = (stored, stored)
        }
        guard case .queue = decision else {
            Issue.record("\(decision)")
            return
        }
    }
}
