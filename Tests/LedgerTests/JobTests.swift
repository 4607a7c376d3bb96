import Foundation
import Nouns
import Testing

@testable import Ledger

/// Jobs as the ledger keeps them, what is told of their ends, and keys of requests.
struct JobTests {
    let ledger: Ledger

    init() throws {
        ledger = try Ledger(path: NSTemporaryDirectory() + "/jobs-" + UUID().uuidString + ".sqlite")
    }

    private func job(_ id: JobID, owner: String = "ada", _ drop: DropID) throws {
        try ledger.add(
            Job(
                id: id, owner: owner, pipeline: "p", createdAt: Date(), model: "tiny", base: "tiny",
                training: Job.File(id: "file-1", name: "a", sha256: "s", bytes: 1), drop: drop))
    }

    @Test func jobsAreListedForTheirOwnerTheNewestFirst() throws {
        try job("ftjob-1", "d-1")
        try job("ftjob-2", owner: "ben", "d-2")
        try job("ftjob-3", "d-3")
        #expect(try ledger.jobs(owner: "ada", after: nil, limit: 9)?.map(\.id) == ["ftjob-3", "ftjob-1"])
        #expect(try ledger.jobs(owner: nil, after: "ftjob-3", limit: 1)?.map(\.id) == ["ftjob-2"])
        #expect(try ledger.jobs(owner: "ada", after: "ftjob-2", limit: 9) == nil, "somebody else's is no place")
        #expect(throws: (any Error).self) { try job("ftjob-4", "d-1") }
    }

    @Test func theEndOfAJobWithoutARunIsToldOnce() throws {
        try job("ftjob-1", "d-1")
        try job("ftjob-2", "d-2")
        let failure = Failure(code: "job.training_file", "line 3 is bad")
        for _ in 0..<2 { try ledger.change("ftjob-1") { $0.fail(failure, at: Date()) } }
        try ledger.change("ftjob-2") { try $0.cancel(by: "ada", at: Date()) }
        #expect(throws: Failure.self) { try ledger.change("ftjob-2") { try $0.cancel(by: "ada", at: Date()) } }
        let collect = { try ledger.collectNotifications(folder: { "\($0)\($1)" }) { _, _ in ["webhook"] } }
        #expect(try collect() == 2)
        #expect(try collect() == 0)
        let due = try ledger.dueNotifications(at: Date())
        #expect(due.map(\.event.type) == [.jobFailed, .jobCancelled])
        #expect(due.map(\.event.data.job) == ["ftjob-1", "ftjob-2"] && due[0].event.data.reason == "line 3 is bad")
    }

    @Test func aKeyHoldsForADayAndItsFirstAnswerStays() throws {
        let now = Date()
        let first = try ledger.claim("k", of: "ada", request: "r", seed: "s", now: now)
        #expect(first.isNew && first.answer == nil)
        try ledger.keep("one", key: "k", of: "ada")
        try ledger.keep("two", key: "k", of: "ada")
        try ledger.release("k", of: "ada")
        let again = try ledger.claim("k", of: "ada", request: "other", seed: "t", now: now.addingTimeInterval(86_000))
        #expect(!again.isNew && again.answer == "one" && again.request == "r" && again.seed == "s")
        #expect(try ledger.claim("k", of: "ben", request: "r", seed: "t", now: now).isNew, "keys are one's own")
        #expect(try ledger.claim("k", of: "ada", request: "r", seed: "t", now: now.addingTimeInterval(86_401)).isNew)
    }
}
