import Foundation
import Launching
import Nouns
import Places
import Platform
import WorkerProtocol

/// Runs that are paused, stopped, given to another attempt, or asked for what cannot be.
extension EngineCheck {
    /// So many epochs that a run is never over before something is done to it.
    private static let long = 1000.0

    func pauses(_ probe: Probe) async throws -> String? {
        let paused = try await run(request(probe, "pauses") { $0.pauseAtStep = 2 })
        guard paused.result?.training?.paused == true, paused.steps.map(\.step) == [1, 2] else {
            return "Asked to pause at step 2 it did the steps \(paused.steps.map(\.step)); \(paused.ending)."
        }
        let resumed = try await run(request(probe, "pauses"))
        guard resumed.steps.map(\.step) == [3, 4] else {
            return "Resumed after step 2 it did the steps \(resumed.steps.map(\.step)); \(resumed.ending)."
        }
        return attempt(resumed, 2)
            ?? differs((paused.steps + resumed.steps).map(\.loss), ProbeRows.losses, "losses of a paused run")
    }

    func stops(_ probe: Probe) async throws -> String? {
        let stopped = try await run(request(probe, "stops") { $0.recipe.epochs = Self.long }, .init(stopsAfter: 2))
        guard stopped.status == 75 else { return "Asked to stop it \(stopped.ending)." }
        guard let last = stopped.checkpoints.last, last == stopped.steps.last?.step else {
            return "Asked to stop it wrote no checkpoint of its last step."
        }
        let resumed = try await run(
            request(probe, "stops") {
                $0.recipe.epochs = Self.long
                $0.pauseAtStep = last + 1
            })
        return resumed.steps.map(\.step) == [last + 1]
            ? nil : "Stopped at step \(last) it went on with the steps \(resumed.steps.map(\.step)); \(resumed.ending)."
    }

    func fenced(_ probe: Probe) async throws -> String? {
        let request = request(probe, "fenced") {
            $0.recipe.epochs = Self.long
            $0.recipe.checkpointEverySteps = 4
        }
        let run = try await run(request, .init(fencesAfter: 2))
        guard run.status == 74 else {
            return "Another attempt had the folder after step 2, and it did \(run.steps.count) steps; it \(run.ending)."
        }
        let written = EventReader.events(in: request.directory)
        // It may have been between two looks; what it tells of its end is for its own starter alone.
        let next = max(1, ((run.stepsAtFence ?? 0) + 3) / 4) * 4
        guard written.last?.event != .ended, written.compactMap(\.checkpoint).allSatisfy({ $0 <= next }) else {
            return "Another attempt had the folder, and it wrote on in events.jsonl."
        }
        return nil
    }

    func refusals(_ probe: Probe, wanted: (EngineFinding.Rule) -> Bool) async throws -> [(EngineFinding.Rule, String?)]
    {
        var found: [(EngineFinding.Rule, String?)] = []
        if wanted(.refusesVersion) {
            var request = request(probe, "version")
            request.version = 2
            found.append((.refusesVersion, refused(try await run(request), 64)))
        }
        let zero = String(repeating: "0", count: 64)
        if wanted(.refusesTokens) {
            // The built-in engine reads the rows.
            let request = request(probe, "tokens") {
                $0.tokens?.train.sha256 = zero
                $0.train[0].sha256 = zero
            }
            found.append((.refusesTokens, refused(try await run(request), 65)))
        }
        if wanted(.refusesModel) {
            let path = folder + "/other"
            try AtomicFile.makeFolder(path)
            for name in ["adapter_model.safetensors", "adapter_config.json"] {
                try AtomicFile.write(Data("{}".utf8), to: path + "/" + name)
            }
            let request = request(probe, "model") {
                $0.model.adapters = [AdapterReference(path: path, sha256: zero)]
            }
            found.append((.refusesModel, refused(try await run(request), 66)))
        }
        return found
    }

    private func refused(_ run: ProbeRun, _ status: Int32) -> String? {
        guard run.status == status else { return "It \(run.ending), and \(status) was right." }
        guard let failure = run.failure, !failure.code.isEmpty, !failure.message.isEmpty, failure.remedy != nil else {
            return "It told of no failure with a code, a message and a remedy."
        }
        return nil
    }
}
