import Nouns

/// A pipeline that is called otherwise from now on.
package struct RenameAnswer: Codable, Hashable, Sendable {
    package var former: PipelineName
    package var pipeline: PipelineName
    package init(former: PipelineName, pipeline: PipelineName) {
        self.former = former
        self.pipeline = pipeline
    }
}
