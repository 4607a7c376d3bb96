import Foundation
import Nouns

/// Questions and orders about one pipeline, or about all.
package enum PipelineEndpoints {
    package static let list = Endpoint<NoSubject, NoQuery, NoBody, [PipelineSummary]>(
        "pipelines.list", .get, "/v1/pipelines", "Lists the pipelines that are configured.")
    package static let show = Endpoint<PipelineName, NoQuery, NoBody, PipelineSummary>(
        "pipelines.show", .get, "/v1/pipelines/{pipeline}", "Shows one pipeline at a glance.")
    package static let outlook = Endpoint<PipelineName, NoQuery, NoBody, PipelineOutlook>(
        "pipelines.outlook", .get, "/v1/pipelines/{pipeline}/outlook",
        "Says whether a run is at work, follows by itself, or waits for something, and for what.", weight: .heavy)
    package static let settings = Endpoint<PipelineName, NoQuery, NoBody, PipelineSettingsAnswer>(
        "pipelines.settings", .get, "/v1/pipelines/{pipeline}/settings",
        "Gives the settings of a pipeline that are in force, as TOML.")
    package static let check = Endpoint<PipelineName, NoQuery, NoBody, PipelineCheckAnswer>(
        "pipelines.check", .get, "/v1/pipelines/{pipeline}/check",
        "Reads the pipeline's file as it is on disk now, and says what would come of it.", weight: .heavy)
    package static let run = Endpoint<PipelineName, NoQuery, RunRequest, Run>(
        "pipelines.run", .post, "/v1/pipelines/{pipeline}/runs", "Queues a run now, without waiting for data.",
        weight: .heavy, access: .own)
    package static let generate = Endpoint<PipelineName, NoQuery, GenerateRequest, GenerateAnswer>(
        "pipelines.generate", .post, "/v1/pipelines/{pipeline}/generate",
        "Asks the served model, or its base, to answer prompts.", weight: .heavy, access: .use)
    package static let rollback = Endpoint<PipelineName, NoQuery, RollbackRequest, PromotionRecord>(
        "pipelines.rollback", .post, "/v1/pipelines/{pipeline}/rollback", "Serves an earlier version again.",
        weight: .heavy, access: .own)
    package static let history = Endpoint<PipelineName, HistoryQuery, NoBody, [PromotionRecord]>(
        "pipelines.history", .get, "/v1/pipelines/{pipeline}/history",
        "Lists what was served, from when on, and why; the newest first.")
    package static let verify = Endpoint<PipelineName, NoQuery, NoBody, VerifyAnswer>(
        "pipelines.verify", .get, "/v1/pipelines/{pipeline}/history",
        "Checks the hash chain of what was served.", weight: .heavy, choice: QueryChoice("verify", "1"))

    package static let retire = Endpoint<PipelineName, NoQuery, RetireRequest, RetireAnswer>(
        "pipelines.retire", .post, "/v1/pipelines/{pipeline}/retire",
        """
        Ends a pipeline whose settings file was moved away: its work is cancelled, nothing of it is served, and the \
        files of its models are removed.
        """, weight: .heavy, access: .own)

    package static let rename = Endpoint<PipelineName, NoQuery, RenameRequest, RenameAnswer>(
        "pipelines.rename", .post, "/v1/pipelines/{pipeline}/rename",
        "Gives a pipeline whose settings file was moved away another name, with all its history.", weight: .heavy,
        access: .own)

    package static let share = Endpoint<PipelineName, NoQuery, ShareRequest, ShareAnswer>(
        "pipelines.share", .post, "/v1/pipelines/{pipeline}/share",
        "Lets another user make jobs in a pipeline that one's jobs made, or no more.", access: .own)

    static let all = [
        list.description, show.description, outlook.description, settings.description, check.description,
        run.description,
        generate.description,
        rollback.description, history.description, verify.description, retire.description, rename.description,
        share.description,
    ]
}

/// Which records of what was served are wanted.
package struct HistoryQuery: EndpointQuery {
    package var at: Date?
    package init() {}
    package init(at: Date?) { self.at = at }
    package static let parameters: [QueryParameter<HistoryQuery>] = [
        QueryParameter("at", \.at, "Only the record that was in force at this time; none where nothing was served yet.")
    ]
}
