/// That something is gone.
package struct RemovedAnswer: Codable, Hashable, Sendable {
    package var removed: Bool
    package init(removed: Bool = true) { self.removed = removed }
}
