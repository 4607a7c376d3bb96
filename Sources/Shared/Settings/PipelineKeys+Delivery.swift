import Foundation
import Nouns
import Platform
import WorkerProtocol

extension PipelineSettings {
    /// Table `[delivery]`.
    static let delivery: [SettingsKey<PipelineSettings>] =
        [
            .texts(
                "delivery.exports", default: "[]",
                "Formats written at promotion: \(ExportFormat.list).",
                read: { $0.delivery.exports.map(\.rawValue) }
            ) {
                let formats = $1.map(ExportFormat.init(rawValue:))
                $0.delivery.exports = formats.compactMap { $0 }
                return formats.contains(nil) ? "a list of \(ExportFormat.list)" : nil
            },
            .texts(
                "delivery.canary", default: "[]",
                """
                A program, as [\"/path\", \"argument\"], that tries the model after promotion; a status other \
                than 0 rolls back.
                """,
                read: { $0.delivery.canary }
            ) {
                $0.delivery.canary = $1
                return Self.isProgram($1) ? nil : Self.programShape
            },
            .flag(
                "delivery.canary_golden", \.delivery.canaryGolden,
                """
                Ask the golden sets again through the serving path after promotion; a broken required row rolls \
                back.
                """),
            .optionalNumber(
                "delivery.rollback_bad_share", \.delivery.rollbackBadShare, in: 0.001...0.999, default: "none",
                """
                Roll back what is served once its share of bad answers is above this for certain, whenever one looks; \
                one rater counts for at most a fifth.
                """),
            .whole(
                "delivery.rollback_minimum", \.delivery.rollbackMinimum, in: 1...1_000_000,
                "The fewest ratings that may roll back."),
            .texts(
                "delivery.writable", default: "[]",
                """
                Folders that hooks and the canary may change beside their own work folder, as absolute paths \
                (docs/operating.md).
                """,
                read: { $0.delivery.writable }
            ) {
                $0.delivery.writable = $1
                return $1.allSatisfy { $0.hasPrefix("/") } ? nil : "a list of absolute paths"
            },
            .number(
                "delivery.hook_seconds", \.delivery.hookSeconds, in: 0.1...86_400,
                "Seconds that a hook or the canary may take before it is stopped."),
            .text(
                "delivery.webhook", default: "none",
                "Where events are sent by HTTP POST (Standard Webhooks signature).",
                read: { $0.delivery.webhook }
            ) {
                $0.delivery.webhook = $1
                return WebhookAddress($1) == nil ? WebhookAddress.shape : nil
            },
            .flag(
                "delivery.webhook_local", \.delivery.webhookLocal,
                "Whether delivery.webhook may be this machine itself or on its own link."),
            .text(
                "delivery.webhook_secret_file", default: "none",
                "The file with the secret that signs events: `whsec_` and base64, or any text.",
                read: { $0.delivery.webhookSecretFile }
            ) {
                $0.delivery.webhookSecretFile = $1
                return $1.hasPrefix("/") ? nil : "an absolute path"
            },
            .text(
                "delivery.webhook_secret_file_old", default: "none",
                """
                The file with the secret before that: it signs as well for a day after webhook_secret_file was \
                written, so that no event is lost while the receiver takes the new one.
                """,
                read: { $0.delivery.webhookSecretFileOld }
            ) {
                $0.delivery.webhookSecretFileOld = $1
                return $1.hasPrefix("/") ? nil : "an absolute path"
            },
            .texts(
                "delivery.webhook_events", default: "those of jobs",
                """
                The events that are sent, of: \(Self.events). OpenAI's clients read those of jobs alone \
                (docs/operating.md).
                """,
                read: { $0.delivery.webhookEvents }
            ) {
                $0.delivery.webhookEvents = $1
                return $1.allSatisfy { DeliveryEvent.Kind(rawValue: $0) != nil }
                    ? nil : "a list of \(Self.events)"
            },
        ]
        + DeliveryEvent.Kind.allCases.map { kind in
            .texts(
                "delivery.hooks.\(kind.rawValue)", default: "[]",
                "A program run when \(kind.about), with the event as JSON on standard input.",
                read: { $0.delivery.hooks[kind.rawValue] ?? [] }
            ) {
                $0.delivery.hooks[kind.rawValue] = $1.isEmpty ? nil : $1
                return Self.isProgram($1) ? nil : Self.programShape
            }
        }
        + [
            .flag(
                "delivery.hooks.may_use_ftctl", \.delivery.hooksMayUseFtctl,
                "Whether hooks may ask the daemon with `ftctl`: they may read. Other programs of the daemon may not.")
        ]

    private static let events = DeliveryEvent.Kind.allCases.map(\.rawValue).joined(separator: ", ")

    private static let programShape =
        "a program with an absolute path and its arguments, such as [\"/usr/local/bin/tell\", \"--loud\"]"
    private static func isProgram(_ command: [String]) -> Bool { command.isEmpty || command[0].hasPrefix("/") }
}
