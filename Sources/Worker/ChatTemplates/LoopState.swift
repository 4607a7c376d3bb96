/// The `loop` of a `for`.
///
/// Unchecked because a rendering makes it, and rendering is one thread's.
package final class LoopState: @unchecked Sendable {
    let items: [TemplateValue]
    let depth: Int
    var index = 0
    var lastChanged: [TemplateValue]?
    /// The statement, for `recursive` loops that call themselves.
    let statement: ForStatement

    init(items: [TemplateValue], depth: Int, statement: ForStatement) {
        self.items = items
        self.depth = depth
        self.statement = statement
    }

    /// An attribute of `loop`, nil when there is none.
    func attribute(_ name: String) -> TemplateValue? {
        switch name {
        case "index": .int(index + 1)
        case "index0": .int(index)
        case "revindex": .int(items.count - index)
        case "revindex0": .int(items.count - index - 1)
        case "first": .bool(index == 0)
        case "last": .bool(index == items.count - 1)
        case "length": .int(items.count)
        case "depth": .int(depth)
        case "depth0": .int(depth - 1)
        case "previtem": index > 0 ? items[index - 1] : .undefined("loop.previtem")
        case "nextitem": index + 1 < items.count ? items[index + 1] : .undefined("loop.nextitem")
        default: nil
        }
    }
}
