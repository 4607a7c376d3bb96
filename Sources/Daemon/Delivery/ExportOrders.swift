import Foundation
import Nouns
import Synchronization

/// The exports that people asked for, worked at one after the other in the order in which they were asked for.
///
/// They are not kept over a restart: whoever waits asks again, and what was written by then is found.
package final class ExportOrders: Sendable {
    struct Order {
        let version: ModelVersion
        let format: ExportFormat
        let who: String
        var state = ExportProgress.waiting
        var failure: Failure?
        /// When anybody last asked for it or for its files.
        var touched: Date
    }

    private let orders = Mutex<[Order]>([])
    /// Seconds for which a finished order stays, and its version with it, since somebody is taking the files.
    private static let memory = 900.0

    package init() {}

    /// Takes an order; one that is open already stays where it is.
    package func add(_ version: ModelVersion, _ format: ExportFormat, who: String) {
        orders.withLock { orders in
            Self.forget(&orders)
            if let index = orders.firstIndex(where: { $0.version.id == version.id && $0.format == format }) {
                orders[index].touched = Date()
                if orders[index].state.isOpen { return }
                orders.remove(at: index)
            }
            orders.append(Order(version: version, format: format, who: who, touched: Date()))
        }
    }

    /// The first that waits, as being written from now on.
    func next() -> Order? {
        orders.withLock { orders in
            guard let index = orders.firstIndex(where: { $0.state == .waiting }) else { return nil }
            orders[index].state = .writing
            return orders[index]
        }
    }

    /// Notes how an order ended; one that was interrupted waits again.
    func end(_ order: Order, _ state: ExportProgress, _ failure: Failure? = nil) {
        orders.withLock { orders in
            guard let index = Self.index(of: order.version.id, order.format, in: orders) else { return }
            orders[index].state = state
            orders[index].failure = failure
            orders[index].touched = Date()
        }
    }

    /// How far an order is, and how many are done before it; nil where nobody asked.
    package func look(_ version: VersionID, _ format: ExportFormat) -> (
        state: ExportProgress, ahead: Int, failure: Failure?
    )? {
        orders.withLock { orders in
            guard let index = Self.index(of: version, format, in: orders) else { return nil }
            orders[index].touched = Date()
            let ahead = orders[..<index].count { $0.state.isOpen }
            return (orders[index].state, ahead, orders[index].failure)
        }
    }

    /// The versions that are being exported, or whose exports are being taken.
    package var versions: Set<VersionID> {
        orders.withLock { orders in
            Self.forget(&orders)
            return Set(orders.map(\.version.id))
        }
    }

    private static func index(of version: VersionID, _ format: ExportFormat, in orders: [Order]) -> Int? {
        orders.firstIndex { $0.version.id == version && $0.format == format }
    }

    private static func forget(_ orders: inout [Order]) {
        orders.removeAll { !$0.state.isOpen && Date().timeIntervalSince($0.touched) > memory }
    }
}
