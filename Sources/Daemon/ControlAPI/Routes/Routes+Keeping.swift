import ControlProtocol
import Operations

extension Routes {
    /// Who changed what, and backups.
    mutating func addKeeping(_ audit: AuditOperations, _ backups: BackupOperations) {
        on(.audit.list) { try audit.list($0.query) }
        on(.backups.open) { _ in try backups.open() }
        on(.backups.close) { try backups.close($0.subject) }
    }
}
