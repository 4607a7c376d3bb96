/// How much work an answer takes; the server keeps the two kinds on different threads.
package enum ControlWeight: String, Hashable, Sendable {
    /// A few rows by their key: answered at once, whatever else goes on.
    case quick
    /// Many rows, files, or a worker: answered beside the quick ones, a few at a time.
    case heavy
}
