/// What a base model reads of one row: the rendered text in parts, and which of them the model is to learn.
package struct ShownRow: Codable, Hashable, Sendable {
    /// One token.
    package struct Token: Codable, Hashable, Sendable {
        package var id: Int32
        /// What it stands for; bytes that are half a character are shown as U+FFFD.
        package var text: String
        package init(id: Int32, text: String) {
            self.id = id
            self.text = text
        }
    }

    /// Tokens that follow each other and are all learnt, or all not.
    package struct Part: Codable, Hashable, Sendable {
        package var text: String
        package var isLearnt: Bool
        package var tokens: [Token]
        package init(text: String, isLearnt: Bool, tokens: [Token]) {
            self.text = text
            self.isLearnt = isLearnt
            self.tokens = tokens
        }
    }

    package var line: Int
    package var file: String?
    /// One list for each example that the row becomes; none where it becomes none.
    package var examples: [[Part]]
    /// Why it becomes none.
    package var problem: String?

    package init(line: Int, file: String? = nil, examples: [[Part]] = [], problem: String? = nil) {
        self.line = line
        self.file = file
        self.examples = examples
        self.problem = problem
    }
}
