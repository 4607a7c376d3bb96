import Foundation
import Platform
import Synchronization
import WorkerProtocol

/// Whether the worker has been asked to leave.
///
/// SIGTERM, the end of the program that started it, and the end of whoever reads its events ask it to stop: it gives up
/// what it is at between two micro-batches, and training writes a checkpoint of its last whole step. SIGINT cancels the
/// work: nobody wants it any more, so the worker leaves at once and writes nothing.
enum StopRequest {
    /// Ends the work on its way out of a task; not a fault.
    struct Made: Error {}

    // Touched before the handlers are installed: a first access inside a signal handler would not be safe.
    private static let flag = Atomic<Bool>(false)
    private static let parent = Atomic<Int32>(0)

    /// Whether to stop at the next opportunity.
    static var isMade: Bool { flag.load(ordering: .relaxed) }

    /// Throws ``Made`` where the worker has been asked to stop. Called wherever work can be given up.
    static func heed() throws { if isMade { throw Made() } }

    /// Asks the worker to stop.
    static func make() { flag.store(true, ordering: .relaxed) }

    /// From here on SIGTERM only asks, SIGINT leaves at once, and a closed pipe is an error code rather than a death.
    static func install() {
        flag.store(false, ordering: .relaxed)
        // A parent may start us from a thread on which signals are blocked, and the mask is inherited.
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGTERM)
        sigaddset(&wanted, SIGINT)
        sigprocmask(SIG_UNBLOCK, &wanted, nil)
        signal(SIGPIPE, SIG_IGN)
        signal(WorkerSignal.stop) { _ in StopRequest.make() }
        // Every file appears whole or not at all, so leaving is safe at any instant.
        signal(WorkerSignal.cancel) { _ in _exit(WorkerExit.interrupted.rawValue) }
    }

    /// From here on the end of the parent asks too, so that a killed daemon leaves no worker behind.
    static func followParent() throws {
        parent.store(getppid(), ordering: .relaxed)
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGUSR1)
        sigprocmask(SIG_UNBLOCK, &wanted, nil)
        // The signal also comes when a thread of the parent ends; then the parent is still the same.
        signal(SIGUSR1) { _ in if getppid() != StopRequest.parent.load(ordering: .relaxed) { StopRequest.make() } }
        try ParentProcess.announceEnd(by: SIGUSR1)
    }
}
