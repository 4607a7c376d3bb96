import Nouns

/// Gives a pipeline another name.
package struct RenameRequest: Codable, Hashable, Sendable {
    package var name: PipelineName
    package init(name: PipelineName) { self.name = name }
}
