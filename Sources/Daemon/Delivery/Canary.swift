import Foundation
import GoldenSets
import Judged
import Launching
import Ledger
import Nouns
import Platform
import Settings
import StageKit

/// Tries a promoted version through the serving path: the golden sets are asked again, and a program of the person's
/// own says by its exit status whether it may stay.
struct Canary: Sendable {
    let context: StageContext
    let models: any ModelAnswers

    /// Why the version must go, or nil where it may stay. Throws CancellationError when the daemon stops.
    func objection(_ run: Run, _ version: ModelVersion, _ settings: DeliverySettings) async throws -> String? {
        if settings.canaryGolden, let broken = try await brokenGolden(run, version) { return broken }
        guard let program = settings.canary.first else { return nil }
        let event = DeliveryEvent(
            id: "evt_canary_\(version.id)", createdAt: Int(Date().timeIntervalSince1970), type: .promoted,
            data: .init(
                pipeline: run.pipeline, run: run.id, version: version.id, previous: version.parent,
                path: context.layout.version(run.pipeline, version.id),
                reason: run.verdict?.summary ?? ""))
        let ending = try await HookProgram.run(
            settings.canary, event: try ContractCoding.encode(event), folder: context.layout.hooks,
            name: event.id, seconds: settings.hookSeconds,
            confinement: .delivery(context, event.data, settings))
        if ending.succeeded { return nil }
        let output = ending.output.trimmingCharacters(in: .whitespacesAndNewlines)
        return "the canary \(program) " + (ending.status.map { "left with status \($0)" } ?? "did not end well")
            + (output.isEmpty ? "" : ": \(output)")
    }

    /// Asks every required golden row of the version as anyone else asks it. Nil where all hold.
    private func brokenGolden(_ run: Run, _ version: ModelVersion) async throws -> String? {
        let rows = try GoldenFiles(context: context, pipeline: run.pipeline).sets().flatMap(\.rows).filter(\.isRequired)
        guard !rows.isEmpty else { return nil }
        let gates = context.settings.pipeline(run.pipeline)?.gates ?? GatesSettings()
        let longest = max(1, gates.maxNewTokens ?? rows.reduce(256) { max($0, 2 * $1.wantedBytes) })
        let answers: [String]
        do {
            answers = try await models.answers(version, to: rows.map(\.question), maxNewTokens: longest)
        } catch let failure as Failure where failure.code == "serving.stopping" {
            throw CancellationError()
        } catch let failure as Failure {
            // A model that cannot be loaded from its folder does not answer anyone else either.
            return "the golden sets cannot be asked of the served model: \(failure)"
        }
        let broken = rows.enumerated().compactMap { index, row -> String? in
            guard index < answers.count else { return "\(row.name) (it was not answered)" }
            let answer = answers[index]
            let reasons = row.objections(to: answer)
            return reasons.isEmpty
                ? nil : "\(row.name) (the answer '\(answer.prefix(60))' \(reasons.joined(separator: " and ")))"
        }
        guard !broken.isEmpty else { return nil }
        return
            """
            as it is served, \(broken.count) of \(rows.count) golden rows break: \
            \(broken.prefix(3).joined(separator: "; "))
            """
    }
}
