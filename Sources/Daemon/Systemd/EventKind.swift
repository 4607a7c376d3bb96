/// The kinds of event that the daemon tells of, each with a fixed `MESSAGE_ID`, so that monitoring matches no text.
///
/// A logger gives one in metadata: `logger.notice("…", metadata: ["event": "run.started", "run": "\(id)"])`, for which
/// swift-log is enough. Identifiers never change and are never used again for another kind.
package enum EventKind: String, CaseIterable, Sendable {
    // Daemon
    case daemonStarting = "daemon.starting"
    case daemonWaiting = "daemon.waiting"
    case daemonStarted = "daemon.started"
    case daemonReloading = "daemon.reloading"
    case daemonReloaded = "daemon.reloaded"
    case daemonStopping = "daemon.stopping"
    case daemonStopped = "daemon.stopped"
    case daemonUnhealthy = "daemon.unhealthy"
    case daemonFailed = "daemon.failed"
    case socketAdopted = "socket.adopted"
    case stageFailed = "stage.failed"
    // Settings
    case settingsInvalid = "settings.invalid"
    case pipelineReady = "pipeline.ready"
    case pipelineStopped = "pipeline.stopped"
    case pipelineWaiting = "pipeline.waiting"
    // Watched folders
    case watchOverflow = "watch.overflow"
    case watchFailed = "watch.failed"
    // Drops
    case dropReceived = "drop.received"
    case dropValidated = "drop.validated"
    case dropStored = "drop.stored"
    case dropRowsRejected = "drop.rows-rejected"
    case dropQuarantined = "drop.quarantined"
    case dropDuplicate = "drop.duplicate"
    case dropRefused = "drop.refused"
    case dropRevoked = "drop.revoked"
    // Runs
    case runQueued = "run.queued"
    case runStarted = "run.started"
    case runResumed = "run.resumed"
    case runProgress = "run.progress"
    case runCheckpoint = "run.checkpoint"
    case runInterrupted = "run.interrupted"
    case runWaiting = "run.waiting"
    case runTrained = "run.trained"
    case runEvaluating = "run.evaluating"
    case runEvaluated = "run.evaluated"
    case runAccepted = "run.accepted"
    case runRejected = "run.rejected"
    case runInconclusive = "run.inconclusive"
    case runDelivered = "run.delivered"
    case runFailed = "run.failed"
    case runCancelled = "run.cancelled"
    // Experiments
    case experimentStarted = "experiment.started"
    case experimentTrial = "experiment.trial"
    case experimentEnded = "experiment.ended"
    case experimentAdopted = "experiment.adopted"
    case iterationQueued = "iteration.queued"
    case iterationEnded = "iteration.ended"
    // Workers
    case workerDied = "worker.died"
    case workerHung = "worker.hung"
    case workerWarning = "worker.warning"
    // Models
    case versionPromoted = "version.promoted"
    case versionForced = "version.forced"
    case versionRolledBack = "version.rolled-back"
    case baseAdded = "base.added"
    case baseRefused = "base.refused"
    case baseRemoved = "base.removed"
    case deliveryFailed = "delivery.failed"
    case hookDone = "delivery.hook"
    // Machine
    case diskLow = "disk.low"
    case diskFull = "disk.full"
    case diskRecovered = "disk.recovered"
    case ledgerFailed = "ledger.failed"
    case fileUnsound = "file.unsound"
}
