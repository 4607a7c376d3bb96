import Foundation
import HTTPTypes
import OperationsScene
import TestSupport
import Testing

@testable import ControlAPI

/// What a person reads who asks wrongly: each request of a golden text, and its answer.
struct ErrorTextTests {
    private static let requests = """
        GET /v1/everything
        GET /v1/runs/r-000001/nonsense
        POST /v1/runs
        GET /v1/runs?state=promotd
        GET /v1/runs?limit=0
        GET /v1/runs?stat=queued
        GET /v1/runs?state=queued&state=failed
        GET /v1/runs/r-000001
        GET /v1/runs/r-000001/report?format=pdf
        GET /v1/runs/r-000001/events?follow=yes
        GET /v1/pipelines/support/history?at=yesterday
        GET /v1/pipelines/support/history?verify=0
        GET /v1/data/export?id=support&split=half
        GET /v1/data/diff?a=s-1
        POST /v1/runs/r-000001/promote reason: none
        POST /v1/runs/r-000001/promote {"reason": "it is better"}
        POST /v1/runs/r-000001/promote {"reason": 7, "force": false}
        POST /v1/pipelines/support/runs {"mode": "sideways"}
        """

    @Test func everyWrongRequestIsAnsweredInPlainWords() async throws {
        let ask = Ask(try OperationsScene())
        var answers: [String] = []
        for line in Self.requests.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
            let method = try #require(HTTPRequest.Method(rawValue: parts[0]))
            let reply = try await ask(method, parts[1], parts.count > 2 ? parts[2] : "")
            let failure = try reply.failure()
            answers.append("\(reply.status) \(failure.code)\n    \(failure)")
        }
        let difference = try Golden("ControlAPITests/Golden").difference(
            "wrong-requests", input: Self.requests, output: answers.joined(separator: "\n") + "\n")
        #expect(difference == nil)
    }
}
