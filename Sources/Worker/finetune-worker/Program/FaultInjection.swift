import Foundation
import Nouns
import WorkerProtocol

/// Lets crash tests kill, stop or hang the worker at an exact place: `FINETUNED_FAULT=kill-after:checkpoint:2`.
///
/// The form is `kill-before`, `kill-after`, `term-after`, `cancel-after` (SIGINT) or `hang-after`, an event kind, and
/// which one of that kind (1 unless given).
struct FaultInjection {
    private enum Action: String {
        case killBefore = "kill-before"
        case killAfter = "kill-after"
        case termAfter = "term-after"
        case cancelAfter = "cancel-after"
        case hangAfter = "hang-after"
    }

    private let action: Action
    private let kind: WorkerEvent.Kind
    private var left: Int

    /// Nil where the variable is unset or not understood.
    static func fromEnvironment() -> FaultInjection? {
        let parts = ProcessInfo.processInfo.environment["FINETUNED_FAULT"]?.split(separator: ":").map(String.init) ?? []
        guard parts.count >= 2, let action = Action(rawValue: parts[0]), let kind = WorkerEvent.Kind(rawValue: parts[1])
        else {
            return nil
        }
        return FaultInjection(action: action, kind: kind, left: parts.count > 2 ? Int(parts[2]) ?? 1 : 1)
    }

    /// Called before an event is written.
    mutating func before(_ event: WorkerEvent.Kind) {
        guard event == kind else { return }
        left -= 1
        if left == 0, action == .killBefore { kill(getpid(), SIGKILL) }
    }

    /// Called once an event is written.
    func after(_ event: WorkerEvent.Kind) {
        guard event == kind, left == 0 else { return }
        switch action {
        case .killBefore: break
        case .killAfter: kill(getpid(), SIGKILL)
        case .termAfter: kill(getpid(), SIGTERM)
        case .cancelAfter: kill(getpid(), SIGINT)
        case .hangAfter: while true { sleep(1000) }
        }
    }
}
