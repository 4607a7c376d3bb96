/// The names of a loop, a macro or the whole template.
///
/// Unchecked because a rendering makes it, and rendering is one thread's.
final class Scope: @unchecked Sendable {
    private var values: [String: TemplateValue] = [:]
    private let parent: Scope?

    init(parent: Scope? = nil) { self.parent = parent }

    subscript(name: String) -> TemplateValue? {
        var scope: Scope? = self
        while let here = scope {
            if let value = here.values[name] { return value }
            scope = here.parent
        }
        return nil
    }

    func set(_ name: String, _ value: TemplateValue) { values[name] = value }
}
