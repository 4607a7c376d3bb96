import Foundation
import Launching
import Ledger
import Monitoring
import Nouns
import Platform
import Settings
import StageKit

/// Tells hooks and webhooks of what happened, at least once each, in order of happening but for those that have to be
/// tried again.
struct Notifier: Sendable {
    let context: StageContext
    let webhook: Webhook
    private let loop: StageLoop
    private let health = HealthNews()

    init(_ context: StageContext, webhook: Webhook) {
        self.context = context
        self.webhook = webhook
        let bell = Bell()
        context.ledger.changes.tell(bell)
        context.problems.changes.tell(bell)
        loop = StageLoop("notifications", context, bell: bell, every: .seconds(60), rest: .seconds(2))
    }

    /// Tells what is due until the daemon stops.
    func run() async {
        await loop.run {
            try await pass()
            let isMore = try health.isUndecided || context.ledger.isNotificationPending()
            return isMore ? .within(.seconds(5)) : .later
        }
    }

    /// Collects what is new and tells what is due. One that cannot be told of does not hold up the others. Throws what
    /// the ledger throws, and CancellationError.
    func pass() async throws {
        try health.look(context)
        let settings = context.settings
        let layout = context.layout
        try context.ledger.collectNotifications(folder: { layout.version($0, $1) }) {
            pipeline, kind in
            let pipeline = settings.pipeline(pipeline)
            // What is promoted by itself is told of when it is served.
            if kind == .accepted, pipeline?.promote != .manual { return [] }
            return DeliveryRules.targets(pipeline?.delivery, kind)
        }
        try await loop.each(
            context.ledger.dueNotifications(at: Date()), as: "event", key: { "\($0.event.id):\($0.target)" },
            about: { ["pipeline": "\($0.event.data.pipeline)"] }
        ) { try await tell($0) }
    }

    private func tell(_ notice: DeliveryNotice) async throws {
        let settings = context.settings.pipeline(notice.event.data.pipeline)?.delivery ?? DeliverySettings()
        switch try await attempt(notice, settings) {
        case .told(let answer):
            try context.ledger.settle(notice, told: true, answer: answer, next: nil)
            context.meters.count(.notifications, notice.target, "told")
            log(notice, "Told the \(notice.target) that \(subject(notice.event)) (\(answer))", failed: false)
        case .later(let reason):
            let pause = DeliveryRules.pause(afterAttempt: notice.attempts + 1)
            try context.ledger.settle(
                notice, told: false, answer: reason, next: pause.map { Date().addingTimeInterval($0) })
            context.meters.count(.notifications, notice.target, pause == nil ? "given_up" : "failed")
            log(
                notice,
                "The \(notice.target) could not be told that \(subject(notice.event)): \(reason)"
                    + (pause.map { "; tried again in \(Int($0)) s" }
                        ?? "; given up after \(notice.attempts + 1) attempts"),
                failed: true)
        case .refused(let reason):
            try context.ledger.settle(notice, told: false, answer: reason, next: nil)
            context.meters.count(.notifications, notice.target, "refused")
            log(
                notice, "The \(notice.target) refused to be told that \(subject(notice.event)): \(reason)", failed: true
            )
        }
    }

    private func attempt(_ notice: DeliveryNotice, _ settings: DeliverySettings) async throws -> Webhook.Answer {
        if notice.target == "webhook" { return try await webhook.send(notice.event, settings) }
        guard let command = settings.hooks[notice.event.type.rawValue], !command.isEmpty else {
            return .told("no hook is configured any more")
        }
        let ending = try await HookProgram.run(
            command, event: try ContractCoding.encode(notice.event), folder: context.layout.hooks,
            name: notice.event.id, seconds: settings.hookSeconds,
            confinement: .delivery(context, notice.event.data, settings), mayAsk: settings.hooksMayUseFtctl)
        if ending.succeeded { return .told("status 0") }
        let output = ending.output.trimmingCharacters(in: .whitespacesAndNewlines)
        return .later(
            "\(command[0]) " + (ending.status.map { "left with status \($0)" } ?? "did not end well")
                + (output.isEmpty ? "" : ": \(output)"))
    }

    private func subject(_ event: DeliveryEvent) -> String {
        if [.degraded, .recovered].contains(event.type) { return "the daemon is \(event.type.rawValue)" }
        let what =
            event.data.job.map { "job \($0)" } ?? event.data.run.map { "run \($0)" } ?? event.data.drop?.rawValue
            ?? event.data.version?.rawValue
            ?? "the base"
        return "\(what) of \(event.data.pipeline) is \(event.type.rawValue)"
    }

    private func log(_ notice: DeliveryNotice, _ message: String, failed: Bool) {
        context.logger.log(
            level: failed ? .warning : .info, "\(message)",
            metadata: [
                "pipeline": "\(notice.event.data.pipeline)", "run": "\(notice.event.data.run?.rawValue ?? "")",
                "stage": "delivery",
                "event": failed ? "delivery.failed" : "delivery.hook",
            ])
    }
}
