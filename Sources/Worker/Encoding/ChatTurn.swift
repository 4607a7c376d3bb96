import ChatTemplates

/// One message of a conversation, and whether the model is to learn it.
package struct ChatTurn: Sendable {
    /// `role`, `content` and what else the row has, as the template sees them.
    package var fields: TemplateDictionary
    package var isTrained: Bool
    /// What of it must be in the rendered text.
    package var parts: [RowPart]

    package init(fields: TemplateDictionary, isTrained: Bool, parts: [RowPart] = []) {
        self.fields = fields
        self.isTrained = isTrained
        self.parts = parts
    }

    /// A message of plain text. Throws only where a template's value would be nested too deep, which text is not.
    package init(role: String, content: String, isTrained: Bool) throws {
        var fields = TemplateDictionary()
        try fields.set("role", .data(role))
        try fields.set("content", .data(content))
        self.init(fields: fields, isTrained: isTrained)
    }

    /// The same turn, learnt or not.
    func trained(_ isTrained: Bool) -> ChatTurn {
        var turn = self
        turn.isTrained = isTrained
        return turn
    }

    /// The same turn as another speaker's.
    func said(by role: String) throws -> ChatTurn {
        var turn = self
        try turn.fields.set("role", .data(role))
        return turn
    }

    /// Who says it.
    var role: String? {
        guard case .text(let role)? = fields[name: "role"] else { return nil }
        return role.string
    }

    /// Whether the assistant says it.
    var isAssistant: Bool {
        role == "assistant" || role == "model"
    }
}

/// The tools of a conversation as the template sees them.
package struct ToolList: Sendable {
    package var value: TemplateValue
    /// What of them must be in the rendered text.
    package var parts: [RowPart]

    package static let none = ToolList(value: .none, parts: [])

    package init(value: TemplateValue, parts: [RowPart]) {
        self.value = value
        self.parts = parts
    }
}
