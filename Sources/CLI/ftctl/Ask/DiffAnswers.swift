import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct DiffAnswers: Question {
    static let configuration = CommandConfiguration(
        commandName: "diff-answers",
        abstract: "Ask the served model and a candidate the same prompts, and show where they differ.",
        discussion: """
            Each line of the file is an object with a prompt, and with the wanted completion where you know it. The \
            candidate is the newest run of the pipeline whose model is not served; --candidate names another run or \
            version. Nothing is judged or recorded.

            Example: ftctl diff-answers tickets prompts.jsonl --candidate r-000003
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Argument(help: "A file with one prompt a line; - for standard input.", completion: .file()) var prompts: String
    @Option(help: ArgumentHelp("The run or version to compare with what is served.", valueName: "model")) var candidate:
        String?
    @Option(help: ArgumentHelp("Longest answer in tokens.", valueName: "tokens")) var maxNewTokens = 128
    @Flag(help: "Show the prompts that both answer alike, too.") var all = false

    /// How the two answered.
    struct Answer: Codable, Sendable {
        var served: VersionID?
        var candidate: String
        var rows: [AnsweredPrompt]
    }

    struct AnsweredPrompt: Codable, Sendable {
        var prompt: String
        var wanted: String?
        var served: String
        var candidate: String
        var isSame: Bool { served == candidate }
    }

    func ask(_ client: ControlClient) async throws -> Answer {
        let rows = try ConversationFile.prompts(prompts)
        guard !rows.isEmpty else {
            throw Failure(
                code: "client.file", "The file has no prompts.", at: prompts, remedy: "Write one object a line.")
        }
        let candidate = if let candidate { candidate } else { try await newest(client).rawValue }
        func answers(_ model: String?) async throws -> GenerateAnswer {
            try await client.send(
                .pipelines.generate(
                    pipeline,
                    GenerateRequest(prompts: rows.map(\.prompt), maxNewTokens: maxNewTokens, model: model)))
        }
        let (served, other) = (try await answers(nil), try await answers(candidate))
        let texts = { (answer: GenerateAnswer) in
            Dictionary(answer.outputs.map { ($0.index, $0.text) }, uniquingKeysWith: { first, _ in first })
        }
        let (before, now) = (texts(served), texts(other))
        return Answer(
            served: served.version, candidate: candidate,
            rows: rows.enumerated().map { index, row in
                AnsweredPrompt(
                    prompt: row.prompt, wanted: row.wanted, served: before[index] ?? "", candidate: now[index] ?? "")
            })
    }

    /// The newest run that has a model which is not served.
    private func newest(_ client: ControlClient) async throws -> RunID {
        let served = try await client.send(.pipelines.show(pipeline)).served
        let runs = try await client.send(.runs.list(RunQuery(pipeline: pipeline, limit: 50)))
        guard let run = runs.first(where: { $0.adapter != nil && ($0.version == nil || $0.version != served) }) else {
            throw Failure(
                code: "run.unknown", "No run of '\(pipeline)' has a model that is not served.", at: pipeline.rawValue,
                remedy: "Name a run or a version with --candidate; see `ftctl runs --pipeline \(pipeline)`.")
        }
        return run.id
    }

    func document(_ answer: Answer) -> Document {
        let differing = answer.rows.filter { !$0.isSame }
        return Document([
            .findings(
                (all ? answer.rows : differing).map { row in
                    let texts = AnswerDifference(
                        wanted: row.wanted ?? row.served, candidate: row.candidate, baseline: row.served)
                    return Finding(
                        row.isSame ? .none : .inconclusive, row.prompt.replacing("\n", with: " ⏎ "),
                        text: (row.wanted == nil ? [] : ["wanted:    \(texts.wanted)"])
                            + ["served:    \(texts.baseline)", "candidate: \(texts.candidate)"])
                }),
            .paragraph(
                """
                \(differing.count) of \(Quantity.counted(answer.rows.count, "answer")) differ between \
                \(answer.served?.rawValue ?? "the base"), which is served, and \(answer.candidate).
                """),
        ])
    }
}
