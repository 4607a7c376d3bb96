import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct PipelineShow: Question {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One pipeline, or its settings as they are in force.",
        discussion: """
            With --toml every default is written out, so that a copy of it is a pipeline that no later default changes.

            Example: ftctl pipeline show tickets --toml
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Flag(help: "Print the settings in force as TOML, every default written out.") var toml = false

    /// One of two questions.
    enum Answer: Encodable, Sendable {
        case summary(PipelineSummary)
        case settings(PipelineSettingsAnswer)

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .summary(let summary): try summary.encode(to: encoder)
            case .settings(let settings): try settings.encode(to: encoder)
            }
        }
    }

    func ask(_ client: ControlClient) async throws -> Answer {
        toml
            ? .settings(try await client.send(.pipelines.settings(pipeline)))
            : .summary(try await client.send(.pipelines.show(pipeline)))
    }

    func document(_ answer: Answer) -> Document {
        switch answer {
        case .summary(let summary): Self.document(summary)
        case .settings(let settings):
            Document([.lines(settings.toml.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))])
        }
    }

    private static func document(_ pipeline: PipelineSummary) -> Document {
        let rows = Split.allCases.map { "\(pipeline.rows[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        return Document(
            title: "Pipeline \(pipeline.name)",
            [
                .facts(
                    Fact.known([
                        ("now", pipeline.activity), ("base", pipeline.base.rawValue),
                        ("served", pipeline.served?.rawValue ?? "the base"),
                        ("since", pipeline.servedSince.map(Quantity.time)),
                        ("last run", pipeline.lastRun.map { "\($0) \(pipeline.lastRunState?.rawValue ?? "")" }),
                        ("drop folder", pipeline.dropFolder), ("drops", "\(pipeline.drops) stored"), ("rows", rows),
                    ])),
                .findings(pipeline.waitingFindings),
                .findings(pipeline.remarkFindings),
                .findings(pipeline.problems.map { Finding(.warning, $0.description) }),
            ])
    }
}
