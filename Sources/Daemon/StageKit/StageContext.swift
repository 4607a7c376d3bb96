import Foundation
import Ledger
import Logging
import Monitoring
import Nouns
import Places
import Platform
import Settings

/// What every stage of the daemon is given: where things are, what is configured now, and how to wake the next stage.
///
/// One object, as everything that holds it would copy its parts one by one: that was half of the operations' code.
package final class StageContext: Sendable {
    package let layout: Layout
    package let ledger: Ledger
    package let settings: LiveSettings
    package let bells: StageBells
    package let problems: ProblemBoard
    /// What work waits for that passes by itself and that nobody has to mend.
    package let waits = ProblemBoard()
    /// What lies in drop folders and is not taken yet.
    package let waiting = WaitingBoard()
    /// What those who watch runs see.
    package let feed: RunFeed
    /// The signs of life of the stages' threads.
    package let pulses: PulseBoard
    /// What is counted for whoever monitors the daemon.
    package let meters: Meters
    package let logger: Logger

    package init(
        layout: Layout, ledger: Ledger, settings: LiveSettings, bells: StageBells = StageBells(),
        problems: ProblemBoard = ProblemBoard(), feed: RunFeed = RunFeed(),
        pulses: PulseBoard = PulseBoard(), meters: Meters = Meters(), logger: Logger
    ) {
        self.layout = layout
        self.ledger = ledger
        self.settings = settings
        self.bells = bells
        self.problems = problems
        self.feed = feed
        self.pulses = pulses
        self.meters = meters
        self.logger = logger
    }

    /// The drop folder of a pipeline.
    package func dropFolder(_ pipeline: PipelineSettings) -> String {
        pipeline.dropFolder ?? layout.drop(pipeline.name)
    }

    /// Any error as a Failure that a person can act on.
    package static func failure(_ error: any Error, code: String) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let limit as WatchLimit: Failure(code: "watch.limit", limit.message, remedy: limit.remedy)
        case let file as FileFailure:
            Failure(
                code: file.isFull
                    ? "disk.full" : file.isOutOfFiles ? "files.limit" : file.isOfMachine ? "disk.error" : code,
                "Cannot \(file.action): \(file.reason).", at: file.path,
                remedy: file.remedy)
        default: Failure(code: code, "\(error)", remedy: "See the journal around this time.")
        }
    }
}

/// One bell a stage: rung when there may be work for it.
package struct StageBells: Sendable {
    package let intake = Bell()
    package let datasets = Bell()
    package let examination = Bell()
    package let prequential = Bell()
    package let scheduling = Bell()
    package let supervision = Bell()
    package let gating = Bell()
    package let promotion = Bell()
    package let delivery = Bell()
    package let experiments = Bell()
    package let serving = Bell()
    package init() {}

    /// Wakes everyone, as after a restart or a change of settings.
    package func ringAll() {
        for bell in [
            intake, datasets, examination, prequential, scheduling, supervision, gating, promotion, delivery,
            experiments, serving,
        ] {
            bell.ring()
        }
    }
}
