import Nouns

extension PipelineSettings {
    /// `[experiment]`; the dimensions in `[experiment.search]` are read by ``SettingsFolder``.
    static let experiment: [SettingsKey<PipelineSettings>] = [
        .choice(
            "experiment.strategy", \.experiment.strategy,
            "`halving` (asynchronous successive halving: the best third of each rung goes on), `random` or `grid`."),
        .whole(
            "experiment.trials", \.experiment.trials, in: 1...10_000,
            "Most trials; the first is the pipeline's present recipe."),
        .number(
            "experiment.minutes", \.experiment.minutes, in: 0...100_000,
            "Most minutes of training; 0: no limit."),
        .whole(
            "experiment.tokens", \.experiment.tokens, in: 0...1_000_000_000_000,
            "Most tokens of training; 0: no limit."),
        .whole(
            "experiment.eta", \.experiment.eta, in: 2...16,
            "One in so many of a rung goes on, to so many times the steps."),
        .whole(
            "experiment.rungs", \.experiment.rungs, in: 1...8,
            "Rungs of `halving`; the last is the whole training."),
        .whole(
            "experiment.points", \.experiment.points, in: 1...1000, "Values that `grid` takes from a range."
        ),
        .whole(
            "experiment.seed", \.experiment.seed, in: 0...9_007_199_254_740_991, "Seed of the proposals."),
        .choice(
            "experiment.adopt", \.experiment.adopt,
            """
            `on_promotion` lets later runs use the winner's recipe once its model is promoted; `never` only \
            suggests it.
            """
        ),
    ]
}
