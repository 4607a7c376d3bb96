import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Platform
import Testing

struct RunAndDropTests {
    @Test func runsAreFoundByPipelineAndState() throws {
        let scene = try OperationsScene()
        let (first, second) = (try scene.queue().id, try scene.queue().id)
        _ = try scene.operations.runs.cancel(first, who: "ada")
        let list = { try scene.operations.runs.list($0, for: "root").map(\.id) }
        #expect(try list(RunQuery()) == [second, first])
        #expect(try list(RunQuery(state: .cancelled)) == [first])
        #expect(try list(RunQuery(limit: 1)) == [second])
        #expect(try scene.operations.runs.show(first).cause?.message == "Cancelled by ada.")
    }

    /// An empty list would read as "nothing happened", where the name was mistyped.
    @Test func aPipelineThatNothingWasEverKnownOfIsRefusedEverywhere() throws {
        let scene = try OperationsScene()
        let all: [() throws -> Void] = [
            { _ = try scene.operations.runs.list(RunQuery(pipeline: "suport"), for: "root") },
            { _ = try scene.operations.drops.list(DropQuery(pipeline: "suport"), for: "root") },
            { _ = try scene.operations.versions.all("suport") },
            { _ = try scene.operations.pipelines.history("suport") },
            { _ = try scene.operations.pipelines.verify("suport") },
            { _ = try scene.operations.experiments.list(ExperimentQuery(pipeline: "suport")) },
        ]
        for ask in all {
            let failure = #expect(throws: Failure.self) { try ask() }
            #expect(failure?.code == "pipeline.unknown" && failure?.remedy == "Did you mean 'support'?")
        }
        #expect(try scene.operations.runs.list(RunQuery(pipeline: "support"), for: "root").isEmpty)
    }

    @Test func aVerdictIsNeverTakenBack() throws {
        let scene = try OperationsScene()
        let run = try scene.queue().id
        for event in RunEvent.path(to: .inconclusive) { _ = try scene.context.ledger.apply(run, event) }
        let failure = #expect(throws: Failure.self) { try scene.operations.runs.cancel(run, who: "ada") }
        #expect(failure?.code == "run.transition")
        #expect(try scene.operations.runs.show(run).state == .inconclusive)
    }

    @Test func theStoryOfARunThatIsOverIsWhatTheLedgerKept() async throws {
        let scene = try OperationsScene()
        let run = try scene.queue().id
        _ = try scene.operations.runs.cancel(run, who: "ada")
        var states: [RunState] = []
        for await notice in try scene.operations.runs.notices(run, NoticeQuery(follow: true)) {
            states.append(notice.state)
        }
        #expect(states == [.queued, .cancelled])
        var rest: [Int] = []
        for await notice in try scene.operations.runs.notices(run, NoticeQuery(from: 1)) { rest.append(notice.index) }
        #expect(rest == [1])
    }

    @Test func theStoryOfARunThatGoesOnComesFromTheFeed() async throws {
        let scene = try OperationsScene()
        let run = try scene.queue().id
        scene.feed.tell(run, .queued, message: "queued")
        let notices = try scene.operations.runs.notices(run, NoticeQuery(follow: true))
        scene.feed.tell(run, .training, message: "started")
        scene.feed.close(run)
        var messages: [String?] = []
        for await notice in notices { messages.append(notice.message) }
        #expect(messages == ["queued", "started"])
    }

    @Test func aRunThatIsNotThereIsUnknown() throws {
        let scene = try OperationsScene()
        let failure = #expect(throws: Failure.self) { try scene.operations.runs.show("r-000099") }
        #expect(failure?.code == "run.unknown")
    }

    @Test func theReportOfADropIsThatOfIntake() throws {
        let scene = try OperationsScene()
        let drop = try scene.context.ledger.receive(
            Drop(
                id: "d-1", pipeline: "support", name: "a.jsonl", sha256: "s", bytes: 1, state: .received,
                receivedAt: Date(timeIntervalSince1970: 1_795_000_000)))
        let missing = #expect(throws: Failure.self) { try scene.operations.drops.report(drop.id) }
        #expect(missing?.code == "drop.unknown")
        let folder = scene.sandbox.layout.intake("support", drop: "d-1")
        try AtomicFile.makeFolder(folder)
        let report = """
            {"drop":"d-1","pipeline":"support","name":"a.jsonl","sha256":"s","bytes":1,"rowsRead":3,"rowsAccepted":2,\
            "rowsRejected":1,"rowsDuplicate":0,"problems":[]}
            """
        try AtomicFile.write(Data(report.utf8), to: folder + "/report.json")
        #expect(try scene.operations.drops.report("d-1").rowsAccepted == 2)
        // Rows that the dataset knew are counted when they are stored.
        var stored = drop
        stored.rowsDuplicate = 1
        try scene.context.ledger.update(stored)
        #expect(try scene.operations.drops.report("d-1").rowsDuplicate == 1)
        #expect(try scene.operations.drops.list(DropQuery(pipeline: "support"), for: "root").map(\.id) == ["d-1"])
    }
}
