/// An event as receivers of webhooks read it, in the form of OpenAI's (`id`, `object`, `created_at`, `type`, `data`).
///
/// What becomes of jobs has OpenAI's names and OpenAI's `data`, so that their clients read it. Every other kind has a
/// name that no client takes for one of those: a client reads a name that it does not know as some other class.
package struct WebhookEvent: Encodable, Sendable {
    /// What OpenAI says of a job.
    private struct Job: Encodable, Sendable { let id: JobID }

    private let event: DeliveryEvent

    package init(_ event: DeliveryEvent) { self.event = event }

    /// The name of a kind on the wire.
    package static func type(_ kind: DeliveryEvent.Kind) -> String {
        switch kind {
        case .jobSucceeded: "fine_tuning.job.succeeded"
        case .jobFailed: "fine_tuning.job.failed"
        case .jobCancelled: "fine_tuning.job.cancelled"
        case .promoted, .rolledBack: "finetuned.version.\(kind.rawValue)"
        case .rejected, .inconclusive, .failed, .accepted: "finetuned.run.\(kind.rawValue)"
        case .quarantined: "finetuned.drop.\(kind.rawValue)"
        case .degraded, .recovered: "finetuned.daemon.\(kind.rawValue)"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case id, object, type, data
        case createdAt = "created_at"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(event.id, forKey: .id)
        try container.encode(event.object, forKey: .object)
        try container.encode(event.createdAt, forKey: .createdAt)
        try container.encode(Self.type(event.type), forKey: .type)
        if DeliveryEvent.Kind.ofJobs.contains(event.type), let job = event.data.job {
            try container.encode(Job(id: job), forKey: .data)
        } else {
            try container.encode(event.data, forKey: .data)
        }
    }
}
