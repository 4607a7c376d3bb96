import WorkerProtocol

/// An event of one of several requests.
package struct NumberedEvent: Sendable {
    /// Which request it is about, from 0.
    package let request: Int
    package let event: ServingEvent
}

extension ServingPath {
    /// The events of several requests, each in its order, some requests at a time. The first failure ends all; who
    /// stops reading takes them back.
    ///
    /// - Parameter atOnce: how many are asked at a time: who asks many at once leaves others room to wait.
    package func events(_ requests: [ServingRequest], atOnce: Int) -> AsyncThrowingStream<NumberedEvent, any Error> {
        let (events, feed) = AsyncThrowingStream<NumberedEvent, any Error>.makeStream()
        let asking = Task {
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (index, request) in requests.enumerated() {
                        if index >= atOnce { _ = try await group.next() }
                        group.addTask {
                            for try await event in try self.events(request) {
                                feed.yield(NumberedEvent(request: index, event: event))
                            }
                            try Task.checkCancellation()
                        }
                    }
                    try await group.waitForAll()
                }
                feed.finish()
            } catch { feed.finish(throwing: error) }
        }
        feed.onTermination = { _ in asking.cancel() }
        return events
    }
}
