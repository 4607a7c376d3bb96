import ControlProtocol

/// Turns what a worker says of a request into the events of a stream.
protocol AnswerWriter: Sendable {
    associatedtype Event: Sendable
    /// Whether enough was said to know that nothing is wrong with the request.
    var hasBegun: Bool { get }
    /// The events that one of the worker's becomes.
    mutating func take(_ event: Event) throws -> [ServerEvent]
    /// The events at the end of the whole answer.
    func finish() async throws -> [ServerEvent]
}
