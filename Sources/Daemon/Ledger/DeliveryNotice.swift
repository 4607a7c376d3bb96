import Nouns

/// One thing to tell one receiver: it is kept until it was delivered, so a restart or an absent receiver loses nothing.
package struct DeliveryNotice: Hashable, Sendable {
    package let id: Int64
    package let event: DeliveryEvent
    /// `program` or `webhook`.
    package let target: String
    /// Times it was tried.
    package let attempts: Int
}
