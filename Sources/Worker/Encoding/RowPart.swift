/// A part of a row that its rendering must hold: what a template leaves out, a model would never learn.
package struct RowPart: Hashable, Sendable {
    /// The number that every text made of the part carries.
    package let source: Int32
    /// What it is, as messages name it.
    package let name: String
    /// Whether it is thinking, which templates leave out of all turns but the one that is learnt.
    package let isThinking: Bool

    package init(source: Int32, name: String, isThinking: Bool = false) {
        self.source = source
        self.name = name
        self.isThinking = isThinking
    }
}
