import Contracts
import Foundation
import Ledger
import Settings
import Stages
import Supervision

/// Tries a promoted version with a program of the person's own, which says by its exit status whether it may stay.
struct Canary: Sendable {
    let context: StageContext

    /// Why the version must go, or nil where it may stay. Throws CancellationError when the daemon stops.
    func objection(_ run: Run, _ version: ModelVersion, _ settings: DeliverySettings) async throws -> String? {
        guard let program = settings.canary.first else { return nil }
        let event = DeliveryEvent(
            id: "evt_canary_\(version.id)", createdAt: Int(Date().timeIntervalSince1970), type: .promoted,
            data: .init(
                pipeline: run.pipeline, run: run.id, version: version.id, previous: version.parent,
                path: context.layout.version(run.pipeline.rawValue, version.id.rawValue), reason: run.verdict?.summary ?? ""))
        let ending = try await HookProgram.run(
            settings.canary, event: try ContractCoding.encode(event), folder: context.layout.state + "/hooks", name: event.id,
            seconds: settings.hookSeconds)
        if ending.succeeded { return nil }
        let output = ending.output.trimmingCharacters(in: .whitespacesAndNewlines)
        return "the canary \(program) " + (ending.status.map { "left with status \($0)" } ?? "did not end well") + (output.isEmpty ? "" : ": \(output)")
    }
}
