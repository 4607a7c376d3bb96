import Synchronization

/// What becomes known of one change while it is carried out.
final class AuditNote: Sendable {
    /// Of the request that the task at work belongs to.
    @TaskLocal static var current: AuditNote?
    /// Most characters that are kept of what a request says.
    private static let longest = 500

    private let said = Mutex("")

    /// What the request said beside its path.
    var detail: String {
        get { said.withLock { $0 } }
        set { said.withLock { $0 = String(newValue.prefix(Self.longest)) } }
    }
}
