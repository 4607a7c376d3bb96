import ControlProtocol
import Foundation
import Nouns
import StageKit

extension PipelineOperations {
    /// What comes next, by the drops that are stored now. Throws a Failure (`pipeline.unknown`) where no such pipeline
    /// is configured.
    ///
    /// - Parameter who: whom it is told; nil for the daemon itself.
    package func outlook(_ name: PipelineName, for who: Principal? = nil) throws -> PipelineOutlook {
        _ = try context.requirePipeline(name)
        let sight = Sight(context.ledger, who)
        let underWay = try context.ledger.runs(pipeline: name, limit: 50).filter {
            $0.purpose != .trial && $0.state.isUnderWay
        }
        if let run = underWay.first(where: \.state.isActive) ?? underWay.last {
            guard try sight.sees(run) else { return PipelineOutlook(.soon, "at work on somebody else's job") }
            return PipelineOutlook(.run, try whatItWaitsFor(run, sight), run: run.id)
        }
        do {
            switch try scheduling.outlook(name) {
            case .queue(_, let reason): return PipelineOutlook(.soon, "a run is about to be queued: \(reason)")
            case .soon(let sentence, let until): return PipelineOutlook(.soon, sentence, until: until)
            case .wait(let sentence, let until): return PipelineOutlook(.trigger, sentence, until: until)
            case .stuck(let failure): return PipelineOutlook(.person, "\(failure)")
            }
        } catch let failure as Failure {
            return PipelineOutlook(.person, "\(failure)")
        }
    }

    /// A run that is under way, in a sentence; where it is queued, with what it waits for.
    func whatItWaitsFor(_ run: Run, _ sight: Sight) throws -> String {
        let what = "run \(run.id) is \(run.stateInWords)"
        guard run.state == .queued || run.state == .trained, run.paused == nil else { return what }
        let reason =
            context.problems.problem(of: "supervision:held:\(run.id)") ?? context.waits.problem(of: "machine")
            ?? context.problems.problem(of: "disk")
        if let message = reason?.message {
            // Who shows it ends the sentence.
            return "\(what): " + (message.hasSuffix(".") ? String(message.dropLast()) : message)
        }
        let slots = context.settings.daemon.computeSlots
        let busy = try context.ledger.runs(in: [.training, .evaluating]).filter { $0.id != run.id }
        guard busy.count >= slots else { return what }
        let others = try busy.map { try (sight.sees($0) ? "\($0.id)" : "a job") + " of \($0.pipeline)" }
            .joined(separator: ", ")
        return "\(what) behind \(others) (compute_slots is \(slots))"
    }
}
