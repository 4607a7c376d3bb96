import ControlProtocol
import HummingbirdCore
import Monitoring
import Synchronization

/// Counts one request: its route and status, the model that was asked, and how long it took.
final class RequestCount: Sendable {
    /// What those who answer tell of it.
    let meter = RequestMeter()
    private let meters: Meters
    private let began = ContinuousClock.now
    private let found = Mutex("other")

    init(_ meters: Meters) { self.meters = meters }

    /// The endpoint that it is about; what was asked for at a path that there is not is counted together.
    func name(_ endpoint: EndpointDescription) {
        found.withLock { $0 = "\(endpoint.method.rawValue) \(endpoint.path)" }
    }

    /// Counts the request, and has its time measured until the last byte of the answer is written.
    func note(_ response: inout Response) {
        meters.count(.requests, found.withLock { $0 }, "\(response.status.code)", meter.model)
        let body = response.body
        response.body = ResponseBody(contentLength: body.contentLength) { [meters, began] writer in
            defer { meters.observe(.requestSeconds, began.duration(to: .now) / .seconds(1)) }
            try await body.write(writer)
        }
    }
}
