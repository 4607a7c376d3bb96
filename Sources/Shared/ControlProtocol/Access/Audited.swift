import Nouns

/// A body that says more of a change than the path does; what it says is on the record.
package protocol Audited {
    /// What is asked for, in words; free text of people is in it as they wrote it.
    var audited: String { get }
}

extension AddBaseRequest: Audited {
    package var audited: String { words(id.map { "as \($0)" }, origin.map { "from \($0)" }) }
}
extension PromoteRequest: Audited {
    package var audited: String { words(force ? "by force" : nil, reason) }
}
extension RollbackRequest: Audited {
    package var audited: String { words(version.map { "to \($0)" }, reason) }
}
extension RetireRequest: Audited {
    package var audited: String { words(erase ? "erasing" : nil, reason) }
}
extension RevokeRequest: Audited {
    package var audited: String { words(erase ? "erasing" : nil, reason) }
}
extension RenameRequest: Audited {
    package var audited: String { "to \(name)" }
}
extension AliasRequest: Audited {
    package var audited: String { version.map { "\(name) is \($0)" } ?? "\(name) is nothing" }
}
extension AddTokenRequest: Audited {
    package var audited: String { "\(name), \(role.rawValue)" }
}
extension ShareRequest: Audited {
    package var audited: String { "\(shared ? "with" : "no more with") \(user)" }
}
extension RunRequest: Audited {
    package var audited: String { words(mode?.rawValue, engine.map { "on \($0)" }, reason) }
}
extension ExportRequest: Audited {
    package var audited: String { words(model, version, "as \(format.rawValue)") }
}
extension DropRequest: Audited {
    package var audited: String { name }
}
extension AddVersionRequest: Audited {
    package var audited: String { file }
}

private func words(_ parts: String?...) -> String {
    parts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "; ")
}
