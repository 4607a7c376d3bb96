import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import TestSupport
import Testing

struct ExamplesTests {
    /// Gate rows a to d and a golden row e: b got worse, c got better, e is a golden row that got worse.
    private func scene() throws -> (OperationsScene, RunID) {
        let scene = try OperationsScene()
        let run = try scene.queue().id
        typealias Scene = OperationsScene
        try scene.judge(
            run,
            candidate: [
                Scene.example("a", loss: 1, output: "yes"), Scene.example("b", loss: 3, output: "no"),
                Scene.example("c", loss: 2, output: "yes"), Scene.example("d", loss: 4, output: "no"),
                Scene.example("e", "golden-must", loss: 9, output: "no"),
                Scene.example("f", "earlier", loss: 8, output: nil),
            ],
            served: [
                Scene.example("a", loss: 1, output: "yes"), Scene.example("b", loss: 1, output: "yes"),
                Scene.example("c", loss: 1, output: "no"), Scene.example("d", loss: 1, output: "no"),
                Scene.example("e", "golden-must", loss: 1, output: "no"),
                Scene.example("f", "earlier", loss: 1, output: nil),
            ])
        return (scene, run)
    }

    private func rows(_ query: ExampleQuery) throws -> [RowID] {
        let (scene, run) = try scene()
        return try scene.operations.runs.examples(run, query).map(\.candidate.row)
    }

    @Test func theHighestLossOfTheGateRowsComesFirst() throws {
        #expect(try rows(ExampleQuery()) == ["d", "b", "c", "a"])
        #expect(try rows(ExampleQuery(limit: 2)) == ["d", "b"])
    }

    @Test func whatWasRightAndIsWrongIsARegression() throws {
        #expect(try rows(ExampleQuery(order: .regressions)) == ["b"])
        #expect(try rows(ExampleQuery(order: .fixes)) == ["c"])
    }

    @Test func rowsOfOneSetAreListedOnRequest() throws {
        #expect(try rows(ExampleQuery(set: "golden-must")) == ["e"])
        #expect(try rows(ExampleQuery(set: "earlier")) == ["f"])
        #expect(try rows(ExampleQuery(set: "earlier", order: .regressions)) == [])
        #expect(try rows(ExampleQuery(set: "gate", order: .fixes)) == ["c"])
    }

    @Test func aSetThatTheRunWasNotAskedIsRefusedWithThoseItWas() throws {
        let failure = #expect(throws: Failure.self) { try rows(ExampleQuery(set: "golden-mist")) }
        #expect(failure?.code == "request.set")
        #expect(failure?.message.contains("golden-mist") == true)
        #expect(failure?.remedy == "Use one of: gate, earlier, golden-must.")
    }

    @Test func aRunThatWasNotEvaluatedHasNoExamples() throws {
        let scene = try OperationsScene()
        let run = try scene.queue().id
        let failure = #expect(throws: Failure.self) { try scene.operations.runs.examples(run, ExampleQuery()) }
        #expect(failure?.code == "gating.scores_missing")
    }

    @Test func theReportShowsTheSameRegressionsAsTheList() throws {
        let (scene, run) = try scene()
        let report = try scene.operations.runs.report(run)
        #expect(report.regressions == (try scene.operations.runs.examples(run, ExampleQuery(order: .regressions))))
        #expect(report.fixes == (try scene.operations.runs.examples(run, ExampleQuery(order: .fixes))))
        #expect(report.worst == (try scene.operations.runs.examples(run, ExampleQuery())))
        #expect(report.worst.map(\.candidate.row) == ["d", "b", "c", "a"])
    }

    @Test func theReportOfARunWithoutScoresHasTheRunAlone() throws {
        let scene = try OperationsScene()
        let run = try scene.queue()
        let report = try scene.operations.runs.report(run.id)
        #expect(report == ReportData(run: run))
    }
}
