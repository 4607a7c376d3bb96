import ControlProtocol
import Foundation
import HTTPTypes
import Nouns
import OperationsScene
import Testing

@testable import ControlAPI

/// Every change is on the record: who, by which process, what, and what became of it.
struct AuditTests {
    private static let ada = Principal(owner: "uid:2003", name: "ada", role: .admin, user: 2003, process: 4711)

    @Test(arguments: ControlAPITable.all.filter(\.isChange).map(\.name))
    func everyChangeIsOnTheRecord(name: String) async throws {
        let asked = try #require(RouteTests.cases.first { $0.endpoint == name })
        let scene = try RouteTests.scene()
        var ask = Ask(scene)
        ask.principal = Self.ada
        let reply = try await ask(asked.method, asked.path, asked.body)
        let record = try #require(try scene.operations.audit.list(AuditQuery()).first { $0.action == name })
        #expect(record.who == "ada" && record.owner == "uid:2003" && record.uid == 2003 && record.pid == 4711)
        let endpoint = try #require(ControlAPITable.all.first { $0.name == name })
        // OpenAI's clients are told some codes by other names.
        if reply.status < 400 || endpoint.dialect == .openAI {
            #expect((record.outcome == "done") == (reply.status < 400))
        } else {
            #expect(record.outcome == (try reply.failure().code))
        }
        #expect(endpoint.path.names.isEmpty == record.subject.isEmpty)
    }

    @Test func whatOnlyAsksIsNot() async throws {
        let names = Set(ControlAPITable.all.map(\.name))
        #expect(EndpointDescription.asking.isSubset(of: names))
        let scene = try RouteTests.scene()
        let ask = Ask(scene)
        for asked in RouteTests.cases {
            let endpoint = try #require(ControlAPITable.all.first { $0.name == asked.endpoint })
            if !endpoint.isChange { _ = try await ask(asked.method, asked.path, asked.body) }
        }
        #expect(try scene.operations.audit.list(AuditQuery()).isEmpty)
    }

    @Test func whoMayNotIsRefusedWithoutARecord() async throws {
        let scene = try RouteTests.scene()
        var ask = Ask(scene)
        ask.principal = Principal(owner: "uid:2001", name: "rita", role: .reader, user: 2001, process: 1)
        #expect(try await ask(.post, "/v1/garbage", "{}").status == 403)
        #expect(try scene.operations.audit.list(AuditQuery()).isEmpty, "a stranger could fill the disk")
    }

    @Test func whatTheBodySaysIsOnTheRecordToo() async throws {
        let scene = try RouteTests.scene()
        var ask = Ask(scene)
        ask.principal = Self.ada
        _ = try await ask(.post, "/v1/runs/r-000001/promote", #"{"reason":"the old one lies","force":true}"#)
        let record = try #require(try scene.operations.audit.list(AuditQuery(action: "runs")).first)
        #expect(record.detail == "by force; the old one lies" && record.subject == "r-000001")
    }

    @Test func theRecordIsAskedByUserVerbSubjectAndTime() async throws {
        let scene = try RouteTests.scene()
        var ask = Ask(scene)
        ask.principal = Self.ada
        _ = try await ask(.post, "/v1/runs/r-000001/pause", "{}")
        ask.principal = Principal(owner: "token:t1", name: "ci", role: .admin)
        _ = try await ask(.post, "/v1/garbage", "{}")
        func actions(_ query: String) async throws -> [String] {
            try await ask(.get, "/v1/audit?" + query).decoded([AuditRecord].self).map(\.action)
        }
        #expect(try await actions("limit=10") == ["versions.clear", "runs.pause"])
        #expect(try await actions("limit=1") == ["versions.clear"])
        #expect(try await actions("user=ada") == ["runs.pause"])
        #expect(try await actions("user=2003") == ["runs.pause"])
        #expect(try await actions("user=token%3At1") == ["versions.clear"])
        #expect(try await actions("action=versions") == ["versions.clear"])
        #expect(try await actions("action=runs.pause") == ["runs.pause"])
        #expect(try await actions("action=run") == [])
        #expect(try await actions("subject=r-000001") == ["runs.pause"])
        #expect(try await actions("since=4000000000") == [])
    }
}
