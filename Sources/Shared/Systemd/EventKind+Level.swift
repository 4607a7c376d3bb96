import Logging

extension EventKind {
    /// The level that records of this kind have; `docs/logging.md` says what each level means.
    package var level: Logger.Level {
        switch self {
        case .daemonFailed:
            .critical
        case .daemonUnhealthy, .stageFailed, .settingsInvalid, .watchFailed, .dropQuarantined, .runFailed,
            .versionDamaged, .baseRefused, .deliveryFailed, .diskFull, .ledgerFailed:
            .error
        case .requestRefused, .settingsWarning, .pipelineStopped, .watchOverflow, .dropRowsRejected,
            .dropRefused, .runRejected, .runInconclusive, .workerDied, .workerHung, .workerWarning,
            .versionForced, .diskLow, .iterationEnded:
            .warning
        case .daemonStarting, .daemonReloading, .socketAdopted, .pipelineWaiting, .dropValidated, .runProgress,
            .runCheckpoint, .runEvaluating, .workerStarted, .hookDone:
            .info
        default: .notice
        }
    }

    /// The table of events in docs/logging.md.
    package static var table: String {
        let rows = allCases.map { kind in
            "| `\(kind.rawValue)` | \(kind.level) | `\(kind.messageID)` | "
                + "\(kind.explanation.subject.replacing("@", with: "")) |"
        }
        return (["| event | level | `MESSAGE_ID` | means |", "|---|---|---|---|"] + rows).joined(separator: "\n")
    }
}
