import Generation
import ModelLoading
import Nouns
import Synchronization
import Tensors
import TestSupport
import Testing
import Transformers
import WorkerProtocol

@testable import Inference

/// An order and its sequences know each other, and are both gone once it is over.
@Suite(.serialized)
struct ServingJobTests {
    private final class Client: ServingClient {
        let events = Mutex<[ServingEvent]>([])
        func tell(_ event: ServingEvent) { events.withLock { $0.append(event) } }
        func flush() {}
    }

    @Test(arguments: [false, true])
    func nothingIsLeftOfAnOrder(isTakenBack: Bool) throws {
        let bench = try StepEngineTests.Bench()
        let loaded = try LoadedModel(path: TestSupport.model())
        let client = Client()
        weak var sequence: EngineSequence?
        weak var order: ServingJob?
        do {
            let requests = (0..<2).map { bench.request([1, 2, 3, Int32(300 + $0)], tokens: 3) }
            let job = ServingJob(
                "q", requests, tokenizer: loaded.text.tokenizer, promptTokens: 4, stops: [], seed: nil,
                isScoring: false, client)
            for sequence in job.sequences { bench.engine.add(sequence) }
            (order, sequence) = (job, job.sequences.first)
            #expect(sequence != nil)
            _ = bench.engine.step()
            if isTakenBack { job.cancel() }
            bench.finish()
        }
        #expect(order == nil && sequence == nil)
        #expect(client.events.withLock { $0.last?.event } == (isTakenBack ? .failed : .done))
    }
}
