/// How many questions there are now.
package struct ServingLoad: Hashable, Sendable {
    /// Those that wait for the worker.
    package var waiting: Int
    /// Those that the worker has.
    package var atWork: Int

    package init(waiting: Int = 0, atWork: Int = 0) { (self.waiting, self.atWork) = (waiting, atWork) }
}
