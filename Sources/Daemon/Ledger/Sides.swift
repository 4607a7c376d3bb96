import Nouns

/// Sides that were decided: of prompts, by their keys, and of groups.
package struct Sides: Hashable, Sendable {
    package var prompts: [String: Split] = [:]
    package var groups: [String: Split] = [:]

    package init(prompts: [String: Split] = [:], groups: [String: Split] = [:]) {
        self.prompts = prompts
        self.groups = groups
    }
}
