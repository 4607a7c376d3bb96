import Nouns

extension ControlRoute {
    /// GET `?pipeline=` → [``Experiment``], newest first.
    package static let experiments = "/v1/experiments"
    /// GET → ``Experiment``.
    package static func experiment(_ id: String) -> String { "/v1/experiments/\(id)" }
    /// POST → ``Experiment``: no further trials; what runs is stopped at its next step.
    package static func experimentStop(_ id: String) -> String { "/v1/experiments/\(id)/stop" }
    /// POST ``StartExperiment`` → ``Experiment``.
    package static func pipelineExperiments(_ name: String) -> String { "/v1/pipelines/\(name)/experiments" }
    /// POST ``RecommendRequest`` → [``BaseRecommendation``], the best first.
    package static func recommendBase(_ name: String) -> String { "/v1/pipelines/\(name)/recommend" }
    /// POST ``RecommendDataRequest`` → [``BaseRecommendation``], the best first.
    package static let recommendData = "/v1/recommend"
}
