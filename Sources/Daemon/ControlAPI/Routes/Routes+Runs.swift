import ControlProtocol
import Operations
import Reports

extension Routes {
    mutating func addRuns(_ runs: RunOperations) {
        on(.runs.list) { try runs.list($0.query, for: $0.principal) }
        on(.runs.show) { try runs.show($0.subject, for: $0.principal) }
        on(.runs.events) { Lines(try runs.notices($0.subject, $0.query)) }
        on(.runs.report) { try runs.report($0.subject, for: $0.principal) }
        on(.runs.reportText) { PlainText(RunDocument.report(try runs.report($0.subject, for: $0.principal)).text()) }
        on(.runs.reportPage) { WebPage(RunDocument.report(try runs.report($0.subject, for: $0.principal)).page()) }
        on(.runs.examples) { try runs.examples($0.subject, $0.query, for: $0.principal) }
        on(.runs.promote) { try runs.promote($0.subject, $0.body, who: $0.who) }
        on(.runs.pause) { try runs.pause($0.subject, who: $0.who) }
        on(.runs.resume) { try runs.resume($0.subject, who: $0.who) }
        on(.runs.cancel) { try runs.cancel($0.subject, who: $0.who) }
    }
}
