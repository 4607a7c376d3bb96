import ControlProtocol
import Nouns
import Synchronization

/// How many connections are open, in all and of each who asks; all listeners share it.
final class ConnectionCount: Sendable {
    /// How a connection is served.
    enum Seat: Sendable {
        case usual
        /// It is one too many: it hears whether the daemon is there, and otherwise that there are too many.
        case late
    }
    private struct State {
        var usual = 0
        var late = 0
        var owners: [String: Int] = [:]
    }
    private let state = Mutex(State())
    let limit: Int
    let each: Int
    /// Connections beyond the limit that are heard at a time; further ones are told unheard.
    static let reserve = 32

    init(limit: Int, each: Int) {
        self.limit = limit
        self.each = each
    }

    /// Takes the place of a connection that was just accepted; nil where not even one too many can be heard.
    func claim() -> Seat? {
        state.withLock { state in
            if state.usual < limit {
                state.usual += 1
                return .usual
            }
            return Self.takeLate(&state)
        }
    }

    /// Gives a usual place back for one of those that are too many; false where there is none.
    func becomeLate() -> Bool {
        state.withLock { state in
            guard Self.takeLate(&state) != nil else { return false }
            state.usual -= 1
            return true
        }
    }

    private static func takeLate(_ state: inout State) -> Seat? {
        guard state.late < reserve else { return nil }
        state.late += 1
        return .late
    }

    func release(_ seat: Seat) {
        state.withLock { state in
            switch seat {
            case .usual: state.usual -= 1
            case .late: state.late -= 1
            }
        }
    }

    /// Connections that somebody has open.
    func count(of owner: String) -> Int { state.withLock { $0.owners[owner] ?? 0 } }

    /// Counts a connection as somebody's. Throws a Failure (`daemon.busy`) where he has as many as one may have.
    fileprivate func add(_ principal: Principal) throws {
        try state.withLock { state in
            let present = state.owners[principal.owner] ?? 0
            guard present < each else {
                throw Failure(
                    code: "daemon.busy", "\(principal.name) has \(present) connections open.",
                    remedy: "Close those that wait for nothing; api.connections_each is the bound.")
            }
            state.owners[principal.owner] = present + 1
        }
    }

    fileprivate func remove(_ owner: String) {
        state.withLock { state in
            let rest = (state.owners[owner] ?? 1) - 1
            state.owners[owner] = rest > 0 ? rest : nil
        }
    }

    /// Whose a connection is now: of whoever sent its latest request.
    final class Ticket: Sendable {
        private let count: ConnectionCount
        private let owner = Mutex<String?>(nil)
        private let refused = Mutex(false)
        /// Whether it became somebody's who has too many already.
        var isRefused: Bool { refused.withLock { $0 } }

        init(_ count: ConnectionCount) { self.count = count }

        /// Throws a Failure (`daemon.busy`).
        func belong(to principal: Principal) throws {
            try owner.withLock { owner in
                guard owner != principal.owner else { return }
                do { try count.add(principal) } catch {
                    refused.withLock { $0 = true }
                    throw error
                }
                if let owner { count.remove(owner) }
                owner = principal.owner
            }
        }

        func giveBack() {
            owner.withLock { owner in
                if let owner { count.remove(owner) }
                owner = nil
            }
        }
    }
}
