import ControlProtocol
import HummingbirdCore

/// The one at the other end of a connection.
struct Caller: Sendable {
    private let identify: @Sendable (Request) async throws -> Principal
    /// Whether he is still there.
    let departure: Departure

    /// - Parameter identify: who sends a request; it may throw a Failure where what he shows is not good.
    init(_ departure: Departure, identify: @escaping @Sendable (Request) async throws -> Principal) {
        self.departure = departure
        self.identify = identify
    }

    /// One who is known already.
    init(_ principal: Principal, departure: Departure = Departure()) {
        self.init(departure) { _ in principal }
    }

    func principal(of request: Request) async throws -> Principal { try await identify(request) }
}
