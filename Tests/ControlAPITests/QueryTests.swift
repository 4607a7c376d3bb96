import Foundation
import Nouns
import Testing

@testable import ControlProtocol

struct QueryTests {
    private static let at = Date(timeIntervalSince1970: 1_795_000_000)

    /// Of each kind of query the default, and one in which every parameter has another value.
    private static let queries: [any EndpointQuery] = [
        NoQuery(), HistoryQuery(), HistoryQuery(at: at), RunQuery(),
        RunQuery(pipeline: "support", state: .failed, limit: 7), NoticeQuery(), NoticeQuery(follow: true, from: 9),
        ExampleQuery(), ExampleQuery(set: "golden-must", order: .fixes, limit: 1), DropQuery(),
        DropQuery(pipeline: "a b&c=d", limit: 100_000), DataReportQuery(), DataReportQuery(drop: "d-1"),
        SetAsideQuery(), SetAsideQuery(drop: "d-1", limit: 2), DataSubjectQuery(id: "s-1"),
        SnapshotPairQuery(a: "s-1", b: "s-2"), DataExportQuery(id: "support"),
        DataExportQuery(id: "s-1", split: .gate), LineageQuery(id: "r-1"),
        VersionPairQuery(pipeline: "p", a: "current", b: "previous"), ExperimentQuery(),
        ExperimentQuery(pipeline: "p", limit: 3),
    ]

    @Test(arguments: queries.indices)
    func whatIsWrittenIsReadBack(index: Int) throws { try expectSame(Self.queries[index]) }

    private func expectSame<Query: EndpointQuery>(_ query: Query) throws {
        let items = query.items.map { (name: $0.key, value: $0.value) }
        #expect(try Query(items) == query)
    }

    @Test(arguments: queries.indices)
    func theDefaultThatIsDocumentedIsTheOneInForce(index: Int) { expectDefaults(Self.queries[index]) }

    private func expectDefaults<Query: EndpointQuery>(_ query: Query) {
        for parameter in Query.parameters {
            guard case .number(let range, let usual) = parameter.description.values else { continue }
            #expect(parameter.write(Query()) == String(usual))
            #expect(range.contains(usual))
        }
    }

    @Test func whatIsAtItsDefaultIsNotWritten() {
        #expect(RunQuery().items.isEmpty)
        #expect(ExampleQuery(order: .worst, limit: 20).items.isEmpty)
        #expect(DataExportQuery(id: "p").items == ["id": "p"])
    }

    @Test func aPathHasTheValuesOfItsSubjectInTheirPlaces() {
        let path = PathTemplate("/v1/pipelines/{pipeline}/versions/{version}")
        #expect(path.names == ["pipeline", "version"])
        #expect(path.path(["support", "current"]) == "/v1/pipelines/support/versions/current")
        #expect(path.values(["v1", "pipelines", "support", "versions", "current"]) == ["support", "current"])
        #expect(path.values(["v1", "pipelines", "support", "runs", "current"]) == nil)
        #expect(path.values(["v1", "pipelines", "support"]) == nil)
        #expect(path.description == "/v1/pipelines/{pipeline}/versions/{version}")
    }
}
