import Foundation
import TestSupport
import Testing
import WorkerProtocol

/// The meaning of exit statuses stands once.
struct WorkerExitTests {
    @Test func everyStatusHasItsConsequence() {
        let expected: [WorkerExit: WorkerExit.Consequence] = [
            .done: .takeResult, .badRequest: .fail, .badData: .fail, .badModel: .fail, .diverged: .fail,
            .internalFault: .startAgain, .cannotWrite: .wait, .peerLost: .resumeLater, .interrupted: .resumeLater,
        ]
        for exit in WorkerExit.allCases { #expect(exit.consequence == expected[exit], "\(exit)") }
        for status: Int32 in [0, 64, 70, 74, 75] {
            #expect(WorkerExit.consequence(of: status) == WorkerExit(rawValue: status)?.consequence)
        }
        for status: Int32 in [1, 2, 71, 126, 127, 255] {
            #expect(WorkerExit.consequence(of: status) == .startAgain, "\(status) is a crash")
        }
    }

    @Test func thePageShowsTheTable() throws {
        let path = TestSupport.repository + "/docs/engine-protocol.md"
        var page = try String(contentsOfFile: path, encoding: .utf8)
        let begin = try #require(page.range(of: "| status | meaning |"))
        let end = page.range(of: "\n\n", range: begin.lowerBound..<page.endIndex)?.lowerBound ?? page.endIndex
        if Golden.isRewriting {
            page.replaceSubrange(begin.lowerBound..<end, with: WorkerExit.table.dropLast())
            try page.write(toFile: path, atomically: true, encoding: .utf8)
        } else {
            #expect(
                page[begin.lowerBound..<end] + "\n" == WorkerExit.table,
                "docs/engine-protocol.md is out of date: FINETUNED_REGENERATE=1 writes it anew")
        }
    }

    @Test func thePageNamesEveryTaskEventAndKeyOfADescription() throws {
        let page = try String(contentsOfFile: TestSupport.repository + "/docs/engine-protocol.md", encoding: .utf8)
        for task in WorkerTask.Kind.allCases { #expect(page.contains("| `\(task.rawValue)` |"), "\(task)") }
        for event in WorkerEvent.Kind.allCases { #expect(page.contains("| `\(event.rawValue)` |"), "\(event)") }
        for key in [
            "protocol", "tasks", "architectures", "methods", "recipe", "largestModel", "devices", "versions",
        ] {
            #expect(page.contains("| `\(key)` |"), "\(key)")
        }
    }
}
