import Foundation

/// What a worker on this machine is asked by signals; it leaves with ``WorkerExit/interrupted``.
package enum WorkerSignal {
    /// Write a checkpoint of the last whole step and leave.
    package static let stop = SIGTERM
    /// Leave at once, without a checkpoint. Its default action, which ends the program, will do.
    package static let cancel = SIGINT
}
