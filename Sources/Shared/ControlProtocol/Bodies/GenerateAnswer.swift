import Nouns
import WorkerProtocol

/// Answers in the order of the prompts, and the version that gave them.
package struct GenerateAnswer: Codable, Hashable, Sendable {
    package var version: VersionID?
    package var outputs: [GeneratedOutput]
    package init(version: VersionID?, outputs: [GeneratedOutput]) {
        self.version = version
        self.outputs = outputs
    }
}
