/// Asked between micro-batches whether to go on: what it throws ends the work there.
///
/// Nothing is lost by it: what had been begun since the last whole step is thrown away and done again later.
package typealias Interruption = () throws -> Void
