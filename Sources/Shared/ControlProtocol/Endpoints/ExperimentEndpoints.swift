import Nouns

/// Questions and orders about experiments.
package enum ExperimentEndpoints {
    package static let list = Endpoint<NoSubject, ExperimentQuery, NoBody, [Experiment]>(
        "experiments.list", .get, "/v1/experiments", "Lists experiments, the newest first.", weight: .heavy)
    package static let start = Endpoint<PipelineName, NoQuery, StartExperiment, Experiment>(
        "experiments.start", .post, "/v1/pipelines/{pipeline}/experiments",
        "Starts an experiment on a pipeline's rows as they are now.", weight: .heavy, access: .own)
    package static let show = Endpoint<ExperimentID, NoQuery, NoBody, Experiment>(
        "experiments.show", .get, "/v1/experiments/{experiment}", "Shows an experiment with its trials.",
        choice: QueryChoice("format", "json", isDefault: true))
    package static let page = Endpoint<ExperimentID, NoQuery, NoBody, WebPage>(
        "experiments.page", .get, "/v1/experiments/{experiment}",
        "Gives an experiment as one page with plots.", weight: .heavy, choice: QueryChoice("format", "html"))
    package static let table = Endpoint<ExperimentID, NoQuery, NoBody, CommaTable>(
        "experiments.table", .get, "/v1/experiments/{experiment}",
        "Gives the trials of an experiment as a table.", weight: .heavy, choice: QueryChoice("format", "csv"))
    package static let stop = Endpoint<ExperimentID, NoQuery, NoBody, Experiment>(
        "experiments.stop", .post, "/v1/experiments/{experiment}/stop",
        "Starts no further trial, and stops what runs at its next step.", access: .own)

    static let all = [
        list.description, start.description, show.description, page.description, table.description, stop.description,
    ]
}

/// Which experiments are wanted.
package struct ExperimentQuery: EndpointQuery {
    package var pipeline: PipelineName?
    package var limit = 20
    package init() {}
    package init(pipeline: PipelineName? = nil, limit: Int = 20) {
        self.pipeline = pipeline
        self.limit = limit
    }
    package static let parameters: [QueryParameter<ExperimentQuery>] = [
        QueryParameter("pipeline", \.pipeline, "Only experiments of this pipeline."),
        QueryParameter("limit", \.limit, in: 1...10_000, default: 20, "At most so many."),
    ]
}
