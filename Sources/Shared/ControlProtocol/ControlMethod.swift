/// The HTTP methods of the control API; the raw value stands in the request line.
package enum ControlMethod: String, Hashable, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}
