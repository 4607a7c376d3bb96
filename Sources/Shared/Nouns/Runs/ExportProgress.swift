/// How far an export is that somebody asked for.
package enum ExportProgress: String, Codable, Hashable, Sendable {
    case waiting, writing, done, failed

    /// Whether there is something left to do.
    package var isOpen: Bool { self == .waiting || self == .writing }
}
