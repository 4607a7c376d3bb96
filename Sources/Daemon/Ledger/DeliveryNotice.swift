import Nouns

/// One thing to tell one receiver: kept until it was told, so that neither a restart nor a receiver that is away loses
/// it.
package struct DeliveryNotice: Hashable, Sendable {
    package let id: Int64
    package let event: DeliveryEvent
    /// `program` or `webhook`.
    package let target: String
    /// Times it was tried.
    package let attempts: Int
}
