import Logging
import Nouns
import Platform

/// The guard of each item: one that cannot be worked on holds up no other.
extension StageLoop {
    /// Does `body` for every item in order. The fault of one is a problem under its own key, in the journal when it
    /// appears or changes, and gone when the item succeeds or is no more.
    ///
    /// Throws a CancellationError where the daemon stops meanwhile, and nothing else.
    ///
    /// - Parameters:
    ///   - kind: what the items are, such as `run`; what a stage does twice with the same items needs two kinds.
    ///   - key: names the item among the others, such as a run's identifier.
    ///   - about: what the journal says of the item besides: `pipeline`, `run`, `drop`.
    package func each<Item>(
        _ items: [Item], as kind: String, key: (Item) -> String, about: (Item) -> Logger.Metadata = { _ in [:] },
        _ body: (Item) throws -> Void
    ) throws(CancellationError) {
        forget(kind, except: items.map(key))
        for item in items {
            try guarding(owner(kind, key(item)), about: about(item)) { try body(item) }
        }
    }

    /// The same for work that waits.
    package func each<Item>(
        _ items: [Item], as kind: String, key: (Item) -> String, about: (Item) -> Logger.Metadata = { _ in [:] },
        _ body: (Item) async throws -> Void
    ) async throws(CancellationError) {
        forget(kind, except: items.map(key))
        for item in items {
            try await guarding(owner(kind, key(item)), about: about(item)) { try await body(item) }
        }
    }

    /// Does `body`; what it throws becomes the problem of `owner`, which is cleared where it succeeds. Returns nil
    /// where it failed.
    ///
    /// Throws a CancellationError where the task is cancelled before or meanwhile, and nothing else.
    ///
    /// - Parameter owner: the key on the problem board.
    @discardableResult
    package func guarding<Value>(
        _ owner: String, about: Logger.Metadata = [:], event: String = "stage.failed", _ body: () throws -> Value
    ) throws(CancellationError) -> Value? {
        if Task.isCancelled { throw CancellationError() }
        Pulse.beat()
        do {
            let value = try body()
            context.problems.set(owner, nil)
            return value
        } catch {
            try settle(error, owner, about, event)
            return nil
        }
    }

    /// The same for work that waits.
    @discardableResult
    package func guarding<Value>(
        _ owner: String, about: Logger.Metadata = [:], event: String = "stage.failed", _ body: () async throws -> Value
    ) async throws(CancellationError) -> Value? {
        if Task.isCancelled { throw CancellationError() }
        do {
            let value = try await body()
            context.problems.set(owner, nil)
            return value
        } catch {
            try settle(error, owner, about, event)
            return nil
        }
    }

    /// Puts a fault on the board under `owner`, and into the journal where it is new.
    package func report(
        _ error: any Error, _ owner: String, about: Logger.Metadata = [:], event: String = "stage.failed"
    ) {
        let failure = StageContext.failure(error, code: code)
        if failure.isPassing { metPassing.value.store(true, ordering: .relaxed) }
        guard context.problems.set(owner, failure) else { return }
        var metadata: Logger.Metadata = ["event": "\(event)", "stage": "\(name)"]
        metadata.merge(about) { $1 }
        context.logger.error("\(failure)", metadata: metadata)
    }

    private func settle(_ error: any Error, _ owner: String, _ about: Logger.Metadata, _ event: String)
        throws(CancellationError)
    {
        guard let cancelled = error as? CancellationError else {
            return report(error, owner, about: about, event: event)
        }
        // A worker that was stopped for something more urgent ends its item, and not the pass.
        if Task.isCancelled { throw cancelled }
    }

    private func owner(_ kind: String, _ key: String) -> String { "\(name):\(kind):\(key)" }

    /// Clears the problems of items of one kind that are no more; ``each(_:as:key:about:_:)`` does so by itself.
    package func forget(_ kind: String, except keys: [String]) {
        context.problems.clear(prefix: "\(name):\(kind):", except: Set(keys.map { owner(kind, $0) }))
    }
}
