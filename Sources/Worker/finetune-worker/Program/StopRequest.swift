import Foundation
import Platform
import Synchronization

/// Whether the worker has been asked to write a checkpoint and leave: by SIGTERM, SIGINT, the end of the program that
/// started it, or because nobody reads its events any more.
enum StopRequest {
    // Touched before the handlers are installed: a first access inside a signal handler would not be safe.
    private static let flag = Atomic<Bool>(false)
    private static let parent = Atomic<Int32>(0)

    /// Whether to stop at the next step boundary.
    static var isMade: Bool { flag.load(ordering: .relaxed) }

    /// Asks the worker to stop.
    static func make() { flag.store(true, ordering: .relaxed) }

    /// From here on SIGTERM and SIGINT only ask, and a closed pipe is an error code rather than a death.
    static func install() {
        flag.store(false, ordering: .relaxed)
        // A parent may start us from a thread on which signals are blocked, and the mask is inherited.
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGTERM)
        sigaddset(&wanted, SIGINT)
        sigprocmask(SIG_UNBLOCK, &wanted, nil)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGTERM) { _ in StopRequest.make() }
        signal(SIGINT) { _ in StopRequest.make() }
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
