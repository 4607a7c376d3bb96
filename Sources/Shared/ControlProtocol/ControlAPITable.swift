/// The whole control API, by noun.
package enum ControlAPITable {
    package struct Group: Sendable {
        /// The noun as a heading.
        package let title: String
        /// What holds for all of them, in Markdown.
        package var about = ""
        package let endpoints: [EndpointDescription]
    }

    package static let groups = [
        Group(title: "Status", endpoints: StatusEndpoints.all),
        Group(title: "Pipelines", endpoints: PipelineEndpoints.all),
        Group(title: "Runs", endpoints: RunEndpoints.all),
        Group(title: "Drops", endpoints: DropEndpoints.all),
        Group(title: "Data", endpoints: DataEndpoints.all),
        Group(title: "Versions", endpoints: VersionEndpoints.all),
        Group(title: "Bases", endpoints: BaseEndpoints.all),
        Group(title: "Engines", endpoints: EngineEndpoints.all),
        Group(title: "Uploads", endpoints: UploadEndpoints.all),
        Group(title: "Experiments", endpoints: ExperimentEndpoints.all),
        Group(title: "Tokens", endpoints: TokenEndpoints.all),
        Group(title: "Audit", endpoints: AuditEndpoints.all),
        Group(title: "Backups", endpoints: BackupEndpoints.all),
        Group(title: "Files", endpoints: FileEndpoints.all),
        Group(title: "OpenAI: models", endpoints: ModelEndpoints.all),
        Group(title: "OpenAI: chat", endpoints: ChatEndpoints.all),
        Group(title: "OpenAI: texts", endpoints: CompletionEndpoints.all),
        Group(title: "OpenAI: responses", endpoints: ResponseEndpoints.all),
        Group(title: "OpenAI: decisions", endpoints: DecisionEndpoints.all),
        Group(title: "OpenAI: graders", endpoints: GraderEndpoints.all),
        Group(title: "OpenAI: fine-tuning jobs", about: JobEndpoints.about, endpoints: JobEndpoints.all),
        Group(title: "OpenAI: kept completions", endpoints: StoredChatEndpoints.all),
        Group(title: "Feedback", endpoints: FeedbackEndpoints.all),
    ]

    package static var all: [EndpointDescription] { groups.flatMap(\.endpoints) }
}

// The nouns, so that `.runs.show` names an endpoint wherever one is expected.
extension Endpoint {
    package static var status: StatusEndpoints.Type { StatusEndpoints.self }
    package static var pipelines: PipelineEndpoints.Type { PipelineEndpoints.self }
    package static var runs: RunEndpoints.Type { RunEndpoints.self }
    package static var drops: DropEndpoints.Type { DropEndpoints.self }
    package static var data: DataEndpoints.Type { DataEndpoints.self }
    package static var versions: VersionEndpoints.Type { VersionEndpoints.self }
    package static var bases: BaseEndpoints.Type { BaseEndpoints.self }
    package static var engines: EngineEndpoints.Type { EngineEndpoints.self }
    package static var uploads: UploadEndpoints.Type { UploadEndpoints.self }
    package static var experiments: ExperimentEndpoints.Type { ExperimentEndpoints.self }
    package static var tokens: TokenEndpoints.Type { TokenEndpoints.self }
    package static var audit: AuditEndpoints.Type { AuditEndpoints.self }
    package static var backups: BackupEndpoints.Type { BackupEndpoints.self }
    package static var files: FileEndpoints.Type { FileEndpoints.self }
    package static var models: ModelEndpoints.Type { ModelEndpoints.self }
    package static var chat: ChatEndpoints.Type { ChatEndpoints.self }
    package static var completions: CompletionEndpoints.Type { CompletionEndpoints.self }
    package static var responses: ResponseEndpoints.Type { ResponseEndpoints.self }
    package static var graders: GraderEndpoints.Type { GraderEndpoints.self }
    package static var decisions: DecisionEndpoints.Type { DecisionEndpoints.self }
    package static var jobs: JobEndpoints.Type { JobEndpoints.self }
    package static var stored: StoredChatEndpoints.Type { StoredChatEndpoints.self }
    package static var feedback: FeedbackEndpoints.Type { FeedbackEndpoints.self }
}

// And wherever a request is: `client.send(.runs.show("r-000042"))`.
extension ControlRequest {
    package static var status: StatusEndpoints.Type { StatusEndpoints.self }
    package static var pipelines: PipelineEndpoints.Type { PipelineEndpoints.self }
    package static var runs: RunEndpoints.Type { RunEndpoints.self }
    package static var drops: DropEndpoints.Type { DropEndpoints.self }
    package static var data: DataEndpoints.Type { DataEndpoints.self }
    package static var versions: VersionEndpoints.Type { VersionEndpoints.self }
    package static var bases: BaseEndpoints.Type { BaseEndpoints.self }
    package static var engines: EngineEndpoints.Type { EngineEndpoints.self }
    package static var uploads: UploadEndpoints.Type { UploadEndpoints.self }
    package static var experiments: ExperimentEndpoints.Type { ExperimentEndpoints.self }
    package static var tokens: TokenEndpoints.Type { TokenEndpoints.self }
    package static var audit: AuditEndpoints.Type { AuditEndpoints.self }
    package static var backups: BackupEndpoints.Type { BackupEndpoints.self }
    package static var files: FileEndpoints.Type { FileEndpoints.self }
    package static var feedback: FeedbackEndpoints.Type { FeedbackEndpoints.self }
}
