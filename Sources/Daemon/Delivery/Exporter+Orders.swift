import Foundation
import Ledger
import Nouns
import Platform

extension Exporter {
    /// Rows that an export is scored on which nobody judged before.
    private static let checkedRows = 256

    /// Makes what somebody asked for, or finds it whole from before. Throws a Failure (`disk.low`) where writing it
    /// would leave less of the disk than `minimum_free`, and a CancellationError where the daemon stops.
    func make(_ order: ExportOrders.Order) async throws -> ExportRecord {
        if let known = try known(order.version, order.format) { return known }
        try checkRoom(order)
        var record = try await export(order.version, order.format, rows: Self.checkedRows)
        record.who = order.who
        try context.ledger.keep(record)
        context.logger.notice(
            "\(order.who) had \(order.version.id) exported as \(order.format.rawValue)",
            metadata: ["pipeline": "\(order.version.pipeline)", "stage": "delivery"])
        return record
    }

    private func checkRoom(_ order: ExportOrders.Order) throws {
        let least = context.settings.daemon.minimumFreeBytes
        guard let free = System.freeBytes(context.layout.state) else { return }
        let card = try context.requireBase(of: order.version)
        let numbers = order.format.isAdapter ? 0 : Double(card.parameters)
        let adapters = order.version.adapters.reduce(0) { $0 + (DiskSize.of($1.path) ?? 0) }
        let needed =
            Int(numbers * order.format.written(for: card.quantisation).bytesPerNumber)
            + (order.format.isAdapter ? adapters : 0)
        guard free - needed < least else { return }
        throw Failure(
            code: "disk.low",
            """
            The export would take some \(needed >> 20) MiB of the \(free >> 20) MiB that are free, and minimum_free \
            asks for \(least >> 20) MiB to stay.
            """, at: context.layout.state, remedy: "Free space on that disk; `ftctl gc` says what can go.")
    }
}
