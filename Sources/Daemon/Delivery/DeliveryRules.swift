import Foundation
import Nouns
import Settings

/// What delivery decides, without doing it.
package enum DeliveryRules {
    /// Seconds from a failed attempt (1 for the first) to the next; nil to give up, after about nine hours.
    package static func pause(afterAttempt attempt: Int) -> Double? {
        let pauses: [Double] = [5, 30, 120, 600, 1800, 7200, 21600]
        return attempt >= 1 && attempt <= pauses.count ? pauses[attempt - 1] : nil
    }

    /// Who is told of an event.
    package static func targets(_ settings: DeliverySettings?, _ kind: DeliveryEvent.Kind) -> [String] {
        guard let settings else { return [] }
        var targets: [String] = []
        if settings.hooks[kind.rawValue]?.isEmpty == false { targets.append("program") }
        if settings.webhook != nil, settings.webhookEvents.contains(kind.rawValue) { targets.append("webhook") }
        return targets
    }

    /// Whether a receiver's answer means that it has the event (nil), will have it later, or never will.
    ///
    /// Any other 4xx than "too early", "too many" and "time-out" says that the same request will be refused again.
    package static func isRefusal(_ status: Int) -> Bool {
        (400..<500).contains(status) && ![408, 409, 425, 429].contains(status)
    }
}
