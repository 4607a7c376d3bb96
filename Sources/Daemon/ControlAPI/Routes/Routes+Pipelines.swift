import ControlProtocol
import Operations

extension Routes {
    mutating func addPipelines(_ pipelines: PipelineOperations) {
        on(.pipelines.list) { try pipelines.list(for: $0.principal) }
        on(.pipelines.show) { try pipelines.show($0.subject, for: $0.principal) }
        on(.pipelines.outlook) { try pipelines.outlook($0.subject, for: $0.principal) }
        on(.pipelines.settings) { try pipelines.settings($0.subject) }
        on(.pipelines.check) { try await pipelines.check($0.subject) }
        on(.pipelines.run) { try pipelines.run($0.subject, $0.body, who: $0.who) }
        on(.pipelines.generate) { try await pipelines.generate($0.subject, $0.body, who: $0.principal) }
        on(.pipelines.rollback) { try pipelines.rollback($0.subject, $0.body, who: $0.who) }
        on(.pipelines.history) { try pipelines.history($0.subject, $0.query) }
        on(.pipelines.retire) { try pipelines.retire($0.subject, $0.body, who: $0.who) }
        on(.pipelines.rename) { try pipelines.rename($0.subject, $0.body, who: $0.who) }
        on(.pipelines.share) { try pipelines.share($0.subject, $0.body, who: $0.principal) }
        on(.pipelines.verify) { try pipelines.verify($0.subject) }
    }
}
