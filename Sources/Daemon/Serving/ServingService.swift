import Foundation
import Launching
import Ledger
import Logging
import Monitoring
import Nouns
import Places
import Platform
import ServiceLifecycle
import Settings
import StageKit
import Synchronization
import WorkerProtocol

/// Takes questions and gives answers, by a worker that it supervises: started by the first question, started again
/// when it dies, and stopped when nobody asks for long.
///
/// Requests take turns between callers. A request is about one version from beginning to end: what is promoted
/// meanwhile is for those that come later.
package final class ServingService: Service {
    /// A request that waits or is at work.
    struct Entry: Sendable {
        let line: Data
        let target: ServingTarget
        let feed: AsyncThrowingStream<ServingEvent, any Error>.Continuation
        let asked = ContinuousClock.now
        /// Whether a part of its answer has come.
        var isAnswered = false
    }

    enum Worker {
        case absent
        case starting
        case ready(ServingLink)
    }

    struct State {
        var worker = Worker.absent
        var handle: WorkHandle?
        var queue = FairQueue<String>(capacity: 1)
        /// Those that wait and those at work, by their order's id.
        var entries: [String: Entry] = [:]
        var atWork: Set<String> = []
        var lastID = 0
        var deaths = 0
        /// Before this the worker is not started again, for this reason.
        var retry: (at: ContinuousClock.Instant, cause: Failure)?
        var lastUse = ContinuousClock.now
        var pace = ServingPace()
        /// What each pipeline served when it was looked at last.
        var served: [PipelineName: ServingTarget] = [:]
        var isLeaving = false
    }

    let context: StageContext
    let launcher: any WorkerLauncher
    let names: ServingNames
    let state = Mutex(State())

    package init(_ context: StageContext, launcher: any WorkerLauncher) {
        self.context = context
        self.launcher = launcher
        names = ServingNames(context)
    }

    var settings: ServingSettings { context.settings.daemon.serving }

    // MARK: Asking

    /// The events of a request, up to `done`; throws a Failure where it fails. Who stops reading takes it back.
    ///
    /// Throws at once where too many wait (`serving.full`) or the worker cannot be had (`serving.unavailable`).
    package func events(_ request: ServingRequest) throws -> AsyncThrowingStream<ServingEvent, any Error> {
        try names.requireRunnable(request.target.model.base)
        let id = state.withLock { state in
            state.lastID += 1
            return "q-\(state.lastID)"
        }
        let line = try ServingLink.line(
            ServingOrder(
                request.answers == nil ? .generate : .score, id: id, model: request.target.model,
                question: request.question, drawing: request.drawing, answers: request.answers))
        // The worker could not even say whose order it was.
        guard line.count <= ServingOrder.longestLine else { throw ServingRules.tooLong(line.count) }
        let (events, feed) = AsyncThrowingStream<ServingEvent, any Error>.makeStream()
        feed.onTermination = { [weak self] end in if case .cancelled = end { self?.takeBack(id) } }
        let entry = Entry(line: line, target: request.target, feed: feed)
        RequestMeter.current?.model = request.target.label
        let capacity = settings.queue
        let refusal: Failure? = state.withLock { state in
            if state.isLeaving {
                return Failure(code: "serving.stopping", "The daemon is stopping.", remedy: "Ask again when it runs.")
            }
            if case .absent = state.worker, let retry = state.retry, retry.at > .now {
                let seconds = Int((ContinuousClock.now.duration(to: retry.at) / .seconds(1)).rounded(.up))
                return ServingRules.unavailable(retry.cause, seconds: seconds)
            }
            state.queue.capacity = capacity
            if let caller = request.caller {
                do throws(QueueFull) { try state.queue.add(id, of: caller) } catch {
                    return ServingRules.full(error, state.pace, callers: state.queue.callerCount)
                }
            } else {
                state.queue.addOwn(id)
            }
            state.entries[id] = entry
            state.lastUse = .now
            return nil
        }
        if let refusal { throw refusal }
        pump()
        return events
    }

    /// Versions that somebody is being answered by, or waits for.
    package var versionsInUse: Set<VersionID> {
        state.withLock { Set($0.entries.values.compactMap(\.target.version)) }
    }

    package var load: ServingLoad { state.withLock { ServingLoad(waiting: $0.queue.count, atWork: $0.atWork.count) } }

    private func takeBack(_ id: String) {
        let link: ServingLink? = state.withLock { state in
            guard state.entries.removeValue(forKey: id) != nil else { return nil }
            _ = state.queue.remove { $0 == id }
            // Its place is free once the worker says so: until then it is still at work there.
            guard state.atWork.contains(id), case .ready(let link) = state.worker else { return nil }
            return link
        }
        if let line = try? ServingLink.line(ServingOrder(.cancel, id: id)) { link?.send([line]) }
    }

    // MARK: Handing over

    /// Gives the worker what it has room for, and starts it where there is none.
    func pump() {
        let (link, lines, mustStart) = state.withLock { state -> (ServingLink?, [Data], Bool) in
            switch state.worker {
            case .starting: return (nil, [], false)
            case .absent:
                guard !state.queue.isEmpty, !state.isLeaving else { return (nil, [], false) }
                state.worker = .starting
                return (nil, [], true)
            case .ready(let link):
                var lines: [Data] = []
                while state.atWork.count < ServingRules.atWork, let id = state.queue.next() {
                    guard let entry = state.entries[id] else { continue }
                    state.atWork.insert(id)
                    context.meters.observe(.queueWait, entry.asked.seconds)
                    lines.append(entry.line)
                }
                return (link, lines, false)
            }
        }
        link?.send(lines)
        if mustStart { start() }
    }

    /// Something was said of an order.
    func heard(_ event: ServingEvent) {
        let isLast = event.event == .done || event.event == .failed
        let entry = state.withLock { state in
            state.lastUse = .now
            let entry = state.entries[event.id]
            if let entry { state.entries[event.id]?.isAnswered = entry.isAnswered || event.isAnswer }
            guard isLast else { return entry }
            state.atWork.remove(event.id)
            state.pace.ended(at: .now, othersWait: !state.queue.isEmpty)
            return state.entries.removeValue(forKey: event.id)
        }
        if let entry { measure(event, of: entry) }
        if let seed = event.began?.seed {
            context.logger.debug("The answer \(event.id) is drawn from the seed \(seed)")
        }
        if let failure = event.failure {
            entry?.feed.finish(throwing: ServingRules.told(failure))
        } else {
            entry?.feed.yield(event)
            if isLast { entry?.feed.finish() }
        }
        if isLast { pump() }
    }
}
