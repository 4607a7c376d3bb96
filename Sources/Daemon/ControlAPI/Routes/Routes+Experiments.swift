import ControlProtocol
import Operations
import Reports

extension Routes {
    mutating func addExperiments(_ experiments: ExperimentOperations) {
        on(.experiments.list) { try experiments.list($0.query) }
        on(.experiments.start) { try experiments.start($0.subject, $0.body, who: $0.who) }
        on(.experiments.show) { try experiments.show($0.subject) }
        on(.experiments.page) { WebPage(ExperimentDocument.report(try experiments.show($0.subject)).page()) }
        on(.experiments.table) { CommaTable(ExperimentTable.csv(try experiments.show($0.subject))) }
        on(.experiments.stop) { try experiments.stop($0.subject, who: $0.who) }
    }
}
