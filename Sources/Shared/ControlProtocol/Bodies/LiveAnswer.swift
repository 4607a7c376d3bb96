/// That the process answers, for whoever would start it again otherwise.
package struct LiveAnswer: Codable, Hashable, Sendable {
    /// Always `ok`.
    package var status: String
    package init() { status = "ok" }
}
