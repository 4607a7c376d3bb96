import Logging

extension EventKind {
    /// The level that records of this kind have; `docs/logging.md` says what each level means.
    package var level: Logger.Level {
        switch self {
        case .daemonFailed:
            .critical
        case .daemonUnhealthy, .stageFailed, .settingsInvalid, .watchFailed, .dropQuarantined, .runFailed,
            .jobFailed, .deliveryFailed, .diskFull, .ledgerFailed, .fileUnsound, .daemonWaiting:
            .error
        case .pipelineStopped, .pipelineChanged, .watchOverflow, .baseRefused, .dropRowsRejected,
            .dropRefused, .runRejected, .runInconclusive, .workerDied, .workerHung, .workerWarning, .servingDied,
            .versionForced, .diskLow, .dropFell, .iterationEnded, .runWaiting, .sandboxPartial:
            .warning
        case .daemonStarting, .daemonReloading, .socketAdopted, .pipelineWaiting, .dropValidated, .runProgress,
            .runCheckpoint, .runEvaluating, .dropAnswered, .hookDone, .servingStarted, .servingStopped:
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

    /// The whole message catalog, as systemd/finetuned.catalog holds it.
    package static var catalog: String {
        let header = """
            # Message catalog of finetuned, for journalctl --catalog. Written from EventKind by \
            `make regenerate`; do not edit.

            """
        return allCases.reduce(into: header) { catalog, kind in
            let (subject, text) = kind.explanation
            catalog += """

                -- \(kind.messageID)
                Subject: \(subject)
                Defined-By: finetuned

                \(text)

                """
        }
    }
}
