import Synchronization

/// What becomes known of one request while it is answered.
package final class RequestMeter: Sendable {
    /// The request that the task at work belongs to; nil outside of requests.
    @TaskLocal package static var current: RequestMeter?

    private let asked = Mutex("")

    package init() {}

    /// The model that was asked, as ``MetricFamily/requests`` names it; empty where none was.
    package var model: String {
        get { asked.withLock { $0 } }
        set { asked.withLock { $0 = newValue } }
    }
}
