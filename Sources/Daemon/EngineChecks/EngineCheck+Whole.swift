import Foundation
import Launching
import Nouns
import Places
import Platform
import WorkerProtocol

/// One run from its start to its result.
extension EngineCheck {
    /// How far losses may be from the built-in engine's, in nats.
    var tolerance: Double {
        switch (profile.precision, profile.quantise) {
        case (_, .nf4): 0.1
        case (.bfloat16, _): 0.02
        default: 1e-4
        }
    }

    /// What each rule found, and what was seen beside it.
    func whole(_ probe: Probe) async throws -> [(EngineFinding.Rule, String?, String?)] {
        let request = request(probe, "whole")
        let before = try bytes(except: request.directory)
        let run = try await run(request)
        let after = try bytes(except: request.directory)
        let changed = Set(before).symmetricDifference(Set(after)).map(\.path).min()
        return [
            (.started, started(run), firstStep(run)), (.events, file(run) ?? clock(run), lag(run)),
            (.attempt, attempt(run, 1), nil), (.steps, steps(run), speed(run)), (.numbers, numbers(run), nil),
            (.validation, validation(run), nil), (.checkpoint, checkpoint(run), nil), (.result, result(run), nil),
            (.ended, ended(run), nil), (.inputs, changed.map { "It changed \($0)." }, nil),
        ]
    }

    // MARK: - Time and memory

    private func firstStep(_ run: ProbeRun) -> String? {
        guard let first = run.events.first?.time, let step = run.events.first(where: { $0.event == .step }) else {
            return nil
        }
        return String(format: "the first step came %.1f s later", step.time - first)
    }

    /// What is said of events whose times are not the daemon's.
    private func clock(_ run: ProbeRun) -> String? {
        // What is heard late is late by more than the clock alone.
        guard let odd = run.lags.min(), abs(odd) > Self.mostLag else { return nil }
        return String(
            format: "Its clock is %.0f s %@ the daemon's. Set the clock of its machine by NTP.", abs(odd),
            odd > 0 ? "behind" : "ahead of")
    }

    /// Seconds that an event may be older, or younger, than its arrival.
    private static let mostLag = 60.0

    private func lag(_ run: ProbeRun) -> String? {
        run.lags.max().map { String(format: "each was heard within %.2f s", max(0, $0)) }
    }

    private func speed(_ run: ProbeRun) -> String? {
        run.steps.last.map { step in
            String(
                format: "%.0f tokens/s, at most %.2f GiB", step.tokensPerSecond,
                Double(run.steps.map(\.memoryBytes).max() ?? 0) / Double(1 << 30))
        }
    }

    private func started(_ run: ProbeRun) -> String? {
        run.events.first?.event == .started
            ? nil : "Its first event is \(run.events.first.map { "'\($0.event.rawValue)'" } ?? "none"); \(run.ending)."
    }

    private func file(_ run: ProbeRun) -> String? {
        let written = EventReader.events(in: run.request.directory)
        return written == run.events && !written.isEmpty
            ? nil : "It told of \(run.events.count) events, and events.jsonl has \(written.count), or others."
    }

    func attempt(_ run: ProbeRun, _ number: Int) -> String? {
        // Engines are started with a number by the launcher alone.
        guard let odd = run.events.first(where: { $0.attempt != number }) else { return nil }
        let told = odd.attempt.map(String.init) ?? "none"
        return "The event '\(odd.event.rawValue)' names the attempt \(told), and it was the attempt \(number)."
    }

    private func steps(_ run: ProbeRun) -> String? {
        let wanted = Array(1...ProbeRows.losses.count)
        let steps = run.steps
        guard steps.map(\.step) == wanted else {
            return "It told of the steps \(steps.map(\.step)), and \(wanted) were to be done; \(run.ending)."
        }
        if let odd = steps.first(where: { !$0.loss.isFinite || !$0.gradientNorm.isFinite || $0.steps != wanted.count })
        {
            return
                "Step \(odd.step) of \(odd.steps) has the loss \(odd.loss) and the gradient norm \(odd.gradientNorm)."
        }
        let labels = steps.map(\.labelTokens)
        return labels == ProbeRows.labels ? nil : "Its steps had \(labels) labels, and \(ProbeRows.labels) is right."
    }

    private func numbers(_ run: ProbeRun) -> String? {
        differs(run.steps.map(\.loss), ProbeRows.losses, "losses of the steps")
            ?? differs(run.validations.map(\.loss), ProbeRows.validation, "validation losses")
    }

    /// What is said of numbers that are not those that are wanted; nil where they are.
    func differs(_ found: [Double], _ wanted: [Double], _ what: String) -> String? {
        let worst = found.count == wanted.count ? zip(found, wanted).map { abs($0 - $1) }.max() ?? 0 : .infinity
        if worst <= tolerance { return nil }
        return "The \(what) are \(found), and \(wanted) is right (within \(tolerance))."
    }

    private func validation(_ run: ProbeRun) -> String? {
        let steps = run.validations.map(\.step)
        guard steps == [0, 2, 4] else { return "It validated at the steps \(steps), and [0, 2, 4] was asked for." }
        let losses = run.validations.map(\.loss)
        let best = zip(losses, steps).min { $0.0 < $1.0 }?.1
        let told = run.result?.training?.bestStep
        return told == best ? nil : "It names \(told.map(String.init) ?? "no step") as the best, and \(best ?? 0) is."
    }

    private func checkpoint(_ run: ProbeRun) -> String? {
        guard run.checkpoints == [3] else {
            return "It told of checkpoints of the steps \(run.checkpoints), and [3] was asked for."
        }
        let path = WorkFolder(run.request.directory).checkpoint
        return FileManager.default.fileExists(atPath: path) ? nil : "There is no \(path)."
    }

    private func result(_ run: ProbeRun) -> String? {
        guard let told = run.result, case .train(let task) = run.request.task else {
            return "It told of no result; \(run.ending)."
        }
        let path = WorkFolder(run.request.directory).result
        let data = FileManager.default.contents(atPath: path) ?? Data()
        guard let written = try? ContractCoding.decode(WorkerResult.self, from: data) else {
            return "\(path) is absent, or no result."
        }
        guard written == told else { return "\(path) is not the result that it told." }
        do { _ = try EngineResult(run.request, task).checked(told) } catch { return "\(error)" }
        return nil
    }

    private func ended(_ run: ProbeRun) -> String? { run.status == 0 ? nil : "It \(run.ending)." }

    // MARK: - What it must not touch

    private struct Bytes: Hashable {
        let path: String
        let sha256: String
    }

    /// Every file of the check but those of one folder.
    private func bytes(except own: String) throws -> [Bytes] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).map { folder + "/" + $0 }
            .filter { path in
                var status = stat()
                return path != own && !path.hasPrefix(own + "/") && lstat(path, &status) == 0
                    && status.st_mode & S_IFMT == S_IFREG
            }
            .map { Bytes(path: $0, sha256: try Digest.sha256(file: $0)) }
    }
}
