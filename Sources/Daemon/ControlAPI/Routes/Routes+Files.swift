import ControlProtocol
import Operations

extension Routes {
    mutating func addFiles(_ operations: Operations) {
        let (files, parts) = (operations.files, operations.parts)
        on(.files.create) { try await files.create($0.body, who: $0.principal) }
        on(.files.list) { try files.list($0.query, who: $0.principal) }
        on(.files.show) { try files.show($0.subject, who: $0.principal) }
        on(.files.content) { try files.content($0.subject, who: $0.principal) }
        on(.files.remove) { try files.remove($0.subject, who: $0.principal) }
        on(.files.beginUpload) { try parts.begin($0.body, who: $0.principal) }
        on(.files.addPart) { try await parts.add($0.subject, $0.body, who: $0.principal) }
        on(.files.completeUpload) { try parts.complete($0.subject, $0.body, who: $0.principal) }
        on(.files.cancelUpload) { try parts.cancel($0.subject, who: $0.principal) }
    }
}
