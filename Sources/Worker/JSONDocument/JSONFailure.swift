/// What is wrong with a JSON document, and where: the offset in bytes from its beginning.
package struct JSONFailure: Error, Hashable, Sendable {
    package var offset: Int
    package var problem: String

    package init(offset: Int, problem: String) {
        self.offset = offset
        self.problem = problem
    }
}
