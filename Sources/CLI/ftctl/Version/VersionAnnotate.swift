import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct VersionAnnotate: Question {
    static let configuration = CommandConfiguration(
        commandName: "annotate", abstract: "Write a note and tags to a version.",
        discussion: """
            Notes and tags change nothing else; `ftctl history` stays as it is.

            Example: ftctl version annotate tickets current --note "before the holidays" --tag ticket=OPS-7
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Argument(help: "A version or an alias.", completion: .versions) var version: String
    @Option(help: ArgumentHelp("The note; an empty one removes it.", valueName: "text")) var note: String?
    @Option(help: "KEY=VALUE sets a tag, KEY= removes it; may be given several times.") var tag: [TagChange] = []

    func validate() throws {
        guard note != nil || !tag.isEmpty else { throw ValidationError("Give --note or --tag.") }
    }

    func ask(_ client: ControlClient) async throws -> VersionSummary {
        let tags = tag.reduce(into: [String: String?]()) { $0.updateValue($1.value, forKey: $1.key) }
        return try await client.send(
            .versions.annotate(VersionPlace(pipeline, version), AnnotateRequest(notes: note, tags: tags)))
    }

    func document(_ version: VersionSummary) -> Document { version.document }
}

/// `KEY=VALUE`, or `KEY=` to remove it.
struct TagChange: ExpressibleByArgument {
    let key: String
    let value: String?

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        key = String(argument[..<equals])
        let text = String(argument[argument.index(after: equals)...])
        value = text.isEmpty ? nil : text
    }
}
