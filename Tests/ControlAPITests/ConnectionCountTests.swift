import ControlProtocol
import Nouns
import Testing

@testable import ControlAPI

struct ConnectionCountTests {
    private func principal(_ owner: String) -> Principal { Principal(owner: owner, name: owner, role: .user) }

    @Test func thoseBeyondTheLimitAreHeardAndThoseBeyondThemAreNot() {
        let count = ConnectionCount(limit: 3, each: 2)
        let seats = (0..<(3 + ConnectionCount.reserve + 2)).map { _ in count.claim() }
        #expect(seats.prefix(3).allSatisfy { $0 == .usual })
        #expect(seats.dropFirst(3).prefix(ConnectionCount.reserve).allSatisfy { $0 == .late })
        #expect(seats.suffix(2).allSatisfy { $0 == nil })
        count.release(.usual)
        #expect(count.claim() == .usual)
        count.release(.late)
        #expect(count.claim() == .late)
    }

    @Test func nobodyHasMoreThanHisShare() throws {
        let count = ConnectionCount(limit: 100, each: 2)
        let tickets = (0..<3).map { _ in ConnectionCount.Ticket(count) }
        try tickets[0].belong(to: principal("ann"))
        try tickets[0].belong(to: principal("ann"))
        try tickets[1].belong(to: principal("ann"))
        let failure = #expect(throws: Failure.self) { try tickets[2].belong(to: principal("ann")) }
        #expect(failure?.code == "daemon.busy" && tickets[2].isRefused)
        try tickets[2].belong(to: principal("bob"))
        // The next request on a connection may be somebody else's.
        try tickets[1].belong(to: principal("bob"))
        #expect(count.count(of: "ann") == 1 && count.count(of: "bob") == 2)
        for ticket in tickets {
            ticket.giveBack()
            ticket.giveBack()
        }
        #expect(count.count(of: "ann") == 0 && count.count(of: "bob") == 0)
    }

    @Test func onePlaceTooManyFreesAUsualOne() {
        let count = ConnectionCount(limit: 1, each: 1)
        #expect(count.claim() == .usual && count.becomeLate() && count.claim() == .usual)
        for _ in 1..<ConnectionCount.reserve { #expect(count.claim() == .late) }
        #expect(!count.becomeLate())
    }
}
