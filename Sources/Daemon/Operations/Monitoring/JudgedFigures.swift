import Ledger
import Nouns
import Synchronization

/// The comparisons that versions were promoted by; a verdict never changes, so each is read once.
final class JudgedFigures: Sendable {
    private let known = Mutex<[VersionID: [GateResult]]>([:])

    /// The gates of a version's verdict that compare whole sets of gate rows, one for each metric.
    func gates(of version: VersionID, _ ledger: Ledger) throws -> [GateResult] {
        if let gates = known.withLock({ $0[version] }) { return gates }
        let verdict = try ledger.version(version).flatMap { try ledger.run($0.run) }?.verdict
        var metrics: Set<MetricKey> = []
        let gates = (verdict?.gates ?? []).filter { gate in
            gate.set == .gate && gate.slice == nil && gate.difference != nil && metrics.insert(gate.metric).inserted
        }
        known.withLock { known in
            // Versions that are served no more are not asked for again.
            if known.count >= 256 { known = [:] }
            known[version] = gates
        }
        return gates
    }
}
