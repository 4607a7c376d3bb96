import ChatTemplates

/// One message of a conversation, and whether the model is to learn it.
package struct ChatTurn: Sendable {
    /// `role`, `content` and what else the row has, as the template sees them.
    package var fields: TemplateDictionary
    package var isTrained: Bool

    package init(fields: TemplateDictionary, isTrained: Bool) {
        self.fields = fields
        self.isTrained = isTrained
    }

    /// A message of plain text. Throws only where a template's value would be nested too deep, which text is not.
    package init(role: String, content: String, isTrained: Bool) throws {
        var fields = TemplateDictionary()
        try fields.set("role", .data(role))
        try fields.set("content", .data(content))
        self.init(fields: fields, isTrained: isTrained)
    }

    /// Whether the assistant says it.
    var isAssistant: Bool {
        guard case .text(let role)? = fields[name: "role"] else { return false }
        return role.string == "assistant" || role.string == "model"
    }
}
