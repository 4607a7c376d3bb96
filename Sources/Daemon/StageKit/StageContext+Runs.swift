import Ledger
import Logging
import Monitoring
import Nouns
import Platform

/// The one place that carries out what follows from a run's events.
extension StageContext {
    /// Records what happened to a run and carries out what follows. Throws what ``Ledger/apply(_:_:)`` throws, having
    /// done nothing.
    @discardableResult
    package func apply(_ id: RunID, _ event: RunEvent) throws -> Run {
        let change = try ledger.apply(id, event)
        count(event, change.run)
        perform(change)
        return change.run
    }

    /// Counts the ends of runs.
    private func count(_ event: RunEvent, _ run: Run) {
        switch event {
        case .judged, .failed, .cancelled: meters.count(.ended, "\(run.pipeline)", run.state.rawValue)
        default: break
        }
    }

    /// Carries out what follows from the queueing of a run that is in the ledger.
    package func begin(_ run: Run, _ event: RunEvent) {
        perform(RunChange(run: run, effects: RunLife.effects(event, run)))
    }

    /// Carries out what follows from an event that is in the ledger.
    package func perform(_ change: RunChange) {
        let run = change.run
        for effect in change.effects {
            switch effect {
            case .journal(let line): log(line, run)
            case .tell(let message): feed.tell(run.id, run.state, message: message)
            case .wake(let stages): for stage in stages { bells.bell(of: stage).ring() }
            case .endStory: feed.close(run.id)
            }
        }
    }

    private func log(_ line: RunEffect.JournalLine, _ run: Run) {
        var metadata: Logger.Metadata = [
            "pipeline": "\(run.pipeline)", "run": "\(run.id)", "stage": "\(run.state.rawValue)",
            "event": "\(line.event)",
        ]
        if let version = line.version { metadata["version"] = "\(version)" }
        logger.log(
            level: Logger.Level(line.level), "Run \(run.id) of \(run.pipeline) \(line.predicate)", metadata: metadata)
    }
}

extension Logger.Level {
    /// A run's level as swift-log has it.
    init(_ level: RunEffect.Level) {
        self =
            switch level {
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
    }
}

extension StageBells {
    /// The bell of a stage that takes runs.
    func bell(of stage: RunEffect.Stage) -> Bell {
        switch stage {
        case .scheduling: scheduling
        case .supervision: supervision
        case .gating: gating
        case .promotion: promotion
        case .delivery: delivery
        case .experiments: experiments
        }
    }
}
