import Foundation
import Nouns
import Platform
import Tensors
import Transformers
import WorkerProtocol

/// Whoever sends orders and is told of them.
package protocol ServingClient: AnyObject, Sendable {
    /// Never waits.
    func tell(_ event: ServingEvent)
    /// Waits until what was told is on its way, for a second at most.
    func flush()
}

/// Takes orders from any thread and works at them on one: loads models, renders questions, and steps.
///
/// Reading models and questions happens beside the steps, so that running answers go on meanwhile.
package final class ServingEngine: @unchecked Sendable {
    private let shelf: ModelShelf
    // Touched by the engine's thread alone.
    private let engine: StepEngine
    private let budget: PageBudget
    private var jobs: [JobName: ServingJob] = [:]
    /// Models that are to be forgotten once nobody uses them.
    private var leaving: [String: EngineModel] = [:]
    package private(set) var served = 0

    private let rules: QuestionRules
    private let failure: @Sendable (any Error) -> Failure
    private let condition = NSCondition()
    // Under `condition`.
    private var inbox: [() -> Void] = []
    private var cancelled: Set<JobName> = []
    private var preparing: Set<JobName> = []

    /// Loading gives way to the steps: on a machine whose cores are all at work it would stop running answers.
    private let loader = ThreadExecutor(name: "serving.load", niceness: Niceness.work)
    private let reader = DispatchQueue(label: "serving.read")

    /// Tells one connection's orders from another's.
    struct JobName: Hashable, Sendable {
        let client: ObjectIdentifier
        let id: String
    }

    /// - Parameters:
    ///   - memoryBytes: what keys and values may take, those of former prompts included.
    ///   - context: the longest sequence in tokens (nil: what the model and the memory allow).
    ///   - failure: what is told of a model that cannot be loaded.
    package init(
        threads: Int, memoryBytes: Int, context: Int? = nil, failure: @escaping @Sendable (any Error) -> Failure
    ) {
        self.failure = failure
        budget = PageBudget(limit: memoryBytes)
        shelf = ModelShelf(team: ThreadTeam(threads: threads), budget: budget)
        engine = StepEngine(budget: budget)
        rules = QuestionRules(context: context)
    }

    /// Loads models before the first order.
    package func load(_ models: [ModelReference]) throws { for model in models { _ = try shelf.load(model) } }

    // MARK: From any thread

    /// Takes an order; `client` is told what becomes of it.
    package func take(_ order: ServingOrder, from client: any ServingClient) {
        let name = JobName(client: ObjectIdentifier(client), id: order.id)
        switch order.op {
        case .cancel:
            condition.lock()
            if preparing.contains(name) { cancelled.insert(name) }
            condition.unlock()
            post { self.jobs[name]?.cancel() }
        case .state: post { client.tell(self.state(order.id)) }
        case .load, .unload, .generate, .score: prepare(order, name, client)
        }
    }

    /// Takes all orders of a client back: it is gone.
    package func leave(_ client: any ServingClient) {
        let gone = ObjectIdentifier(client)
        condition.lock()
        for name in preparing where name.client == gone { cancelled.insert(name) }
        condition.unlock()
        post { for (name, job) in self.jobs where name.client == gone { job.cancel() } }
    }

    private func post(_ work: @escaping () -> Void) {
        condition.lock()
        inbox.append(work)
        condition.signal()
        condition.unlock()
    }

    // MARK: Beside the steps

    private func prepare(_ order: ServingOrder, _ name: JobName, _ client: any ServingClient) {
        guard let reference = order.model else {
            return fail(order.id, client, QuestionRules.missing("model", "the model that is asked"))
        }
        condition.lock()
        let isTaken = !preparing.insert(name).inserted
        condition.unlock()
        if isTaken {
            return fail(order.id, client, Self.taken(order.id))
        }
        if order.op == .unload {
            return load { self.unload(reference, order.id, name, client) }
        }
        if order.op != .load, let model = shelf.loaded(reference) {
            return reader.async { self.read(order, model, name, client) }
        }
        load {
            do {
                let (model, dropped) = try self.shelf.load(reference)
                for key in dropped { self.post { self.engine.forget(key) } }
                guard order.op != .load else {
                    self.prepared(name)
                    return client.tell(ServingEvent(.done, id: order.id))
                }
                self.reader.async { self.read(order, model, name, client) }
            } catch {
                self.prepared(name)
                self.fail(order.id, client, self.failure(error))
            }
        }
    }

    /// Does work with models, one after the other.
    private func load(_ work: @escaping @Sendable () -> Void) { Task(executorPreference: loader) { work() } }

    private func unload(_ reference: ModelReference, _ id: String, _ name: JobName, _ client: any ServingClient) {
        let model = shelf.loaded(reference)?.engine
        shelf.unload(reference)
        prepared(name)
        post {
            if let model { self.leaving[model.key] = model }
            client.tell(ServingEvent(.done, id: id))
        }
    }

    private func read(_ order: ServingOrder, _ model: ShelvedModel, _ name: JobName, _ client: any ServingClient) {
        do {
            let job = try rules.job(order, model, capacity: engine.capacity(model.engine), client)
            post {
                self.condition.lock()
                let isCancelled = self.cancelled.contains(name)
                self.condition.unlock()
                self.prepared(name)
                guard !isCancelled else { return job.abandon() }
                guard self.jobs[name] == nil else { return job.fail(Self.taken(order.id)) }
                self.jobs[name] = job
                for sequence in job.sequences { self.engine.add(sequence) }
            }
        } catch {
            prepared(name)
            fail(order.id, client, error)
        }
    }

    private static func taken(_ id: String) -> Failure {
        Failure(
            code: "request.id", "An order with the id '\(id)' is at work.", at: "id",
            remedy: "Give each order an id of its own.")
    }

    private func prepared(_ name: JobName) {
        condition.lock()
        preparing.remove(name)
        cancelled.remove(name)
        condition.unlock()
    }

    private func fail(_ id: String, _ client: any ServingClient, _ error: any Error) {
        var event = ServingEvent(.failed, id: id)
        event.failure = QuestionRules.failure(error)
        client.tell(event)
    }

    // MARK: On the engine's thread

    /// Works until `isOver` says so, which is asked between steps and at least four times a second; then what is at
    /// work fails.
    package func run(until isOver: () -> Bool) {
        while !isOver() {
            condition.lock()
            let work = inbox
            inbox = []
            condition.unlock()
            for item in work { item() }
            let stepped = engine.step()
            settle()
            if stepped { continue }
            condition.lock()
            if inbox.isEmpty { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.25)) }
            condition.unlock()
        }
        let stopping = Failure(
            code: "serving.stopping", "The engine was asked to stop before the answer was complete.",
            remedy: "Ask again.")
        for job in jobs.values { job.fail(stopping) }
        for job in jobs.values { job.client.flush() }
    }

    /// Lets go of what is done.
    private func settle() {
        for (name, job) in jobs where job.isOver {
            jobs[name] = nil
            served += 1
        }
        let gone = leaving.filter { !engine.uses($0.value) }.map(\.key)
        for key in gone {
            leaving[key] = nil
            if !shelf.keys.contains(key) { engine.forget(key) }
        }
        if !gone.isEmpty { load { self.shelf.tidy() } }
    }

    private func state(_ id: String) -> ServingEvent {
        var event = ServingEvent(.state, id: id)
        event.state = ServingState(
            models: shelf.keys, running: engine.count - engine.waitingCount, waiting: engine.waitingCount,
            cacheBytes: engine.usedBytes, cacheLimit: budget.limit, steps: engine.steps)
        return event
    }
}
