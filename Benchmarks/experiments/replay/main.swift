import Experiments
import Foundation
// Searches recorded learning curves with the product's own rules, training nothing:  bench-experiments RECORDED.json…
// [--seeds N]
//
// One JSON line a file: how often the search ends at the curve that exhaustive search would choose, how much worse it
// is on average, and which share of the exhaustive search's tokens it used. optuna_replay.py does the same with
// Optuna's pruners.
import Nouns

/// What record.py keeps of one setting.
struct Curve: Decodable {
    struct Point: Decodable {
        var step: Int
        var loss: Double
        var tokens: Int
    }
    var learningRate: Double
    var rank: Int
    var validation: [Point]
    var tokens: Int

    /// Lowest loss up to `step`, and the tokens that far; nil where the curve ended before.
    func at(_ step: Int) -> (loss: Double, tokens: Int)? {
        guard let point = validation.first(where: { $0.step == step }),
            let best = validation.filter({ $0.step <= step }).map(\.loss).min()
        else { return nil }
        return (best, point.tokens)
    }
    var final: Double { validation.map(\.loss).min() ?? .infinity }
}

struct Recorded: Decodable { var curves: [String: Curve] }

/// Plays one experiment over the curves; the winner's loss and the tokens spent.
func play(_ curves: [Curve], seed: Int, steps: Int) -> (loss: Double, tokens: Int)? {
    var settings = ExperimentSettings()
    settings.eta = 2
    settings.rungs = 4
    settings.seed = seed
    settings.trials = curves.count
    func choices(_ values: [JSONValue]) -> SearchDimension.Kind { .choice(values) }
    let rates = Set(curves.map(\.learningRate)).sorted()
    let ranks = Set(curves.map(\.rank)).sorted()
    settings.search = [
        SearchDimension(name: "learning_rate", kind: choices(rates.map { .number($0) })),
        SearchDimension(name: "rank", kind: choices(ranks.map { .integer(Int64($0)) })),
    ]
    // The present recipe is another one of the grid for each seed, so that no luck of the start decides.
    let present = curves[seed % curves.count]
    var recipe = Recipe()
    (recipe.learningRate, recipe.rank) = (present.learningRate, present.rank)
    var experiment = Experiment(
        id: "x-replay", pipeline: "replay", settings: settings, snapshot: "s", base: "b", recipe: recipe, steps: steps,
        createdAt: Date(), requestedBy: "replay")
    let space = SearchSpace(settings.search)
    for _ in 0..<10_000 {
        switch ExperimentRules.next(experiment, space) {
        case .finish:
            return ExperimentRules.winner(experiment).flatMap { winner in
                winner.losses.last.map { ($0, experiment.tokens) }
            }
        case .work(var trial, let rung):
            let own = experiment.recipe(of: trial)
            let curve = curves.first { $0.learningRate == own.learningRate && $0.rank == own.rank }
            if let found = curve?.at(experiment.steps(rung: rung)) {
                trial.losses.append(found.loss)
                trial.tokens = found.tokens
            } else {
                trial.fault = "ended before this rung"
                trial.tokens = curve?.tokens ?? 0
            }
            trial.running = nil
            if trial.number == experiment.trials.count {
                experiment.trials.append(trial)
            } else {
                experiment.trials[trial.number] = trial
            }
        }
    }
    return nil
}

var seeds = 60
var paths: [String] = []
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    if argument == "--seeds" {
        seeds = arguments.popFirst().flatMap { Int($0) } ?? seeds
    } else {
        paths.append(argument)
    }
}
for path in paths {
    guard let data = FileManager.default.contents(atPath: path),
        let recorded = try? JSONDecoder().decode(Recorded.self, from: data)
    else {
        FileHandle.standardError.write(Data("\(path): not a file that record.py wrote\n".utf8))
        exit(1)
    }
    let curves = recorded.curves.sorted { $0.key < $1.key }.map(\.value)
    let steps = curves.compactMap { $0.validation.last?.step }.max() ?? 0
    let all = curves.reduce(0) { $0 + $1.tokens }
    guard let best = curves.map(\.final).min(), steps > 0, all > 0 else { continue }
    var (hits, excess, share) = (0, 0.0, 0.0)
    for seed in 0..<seeds {
        guard let end = play(curves, seed: seed, steps: steps) else { continue }
        if end.loss <= best + 1e-9 { hits += 1 }
        excess += end.loss - best
        share += Double(end.tokens) / Double(all)
    }
    let line: [String: JSONValue] = [
        "file": .string((path as NSString).lastPathComponent), "search": "finetuned halving + TPE",
        "settings": .integer(Int64(curves.count)),
        "seeds": .integer(Int64(seeds)), "found_best": .number(Double(hits) / Double(seeds)),
        "excess_loss": .number(excess / Double(seeds)),
        "token_share": .number(share / Double(seeds)), "best_loss": .number(best),
    ]
    print(String(decoding: try JSONEncoder().encode(line), as: UTF8.self))
}
