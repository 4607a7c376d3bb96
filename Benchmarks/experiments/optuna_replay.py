"""Searches the recorded curves with Optuna's pruners, training nothing; the counterpart of bench-experiments.

usage: optuna_replay.py RECORDED.json… [--seeds N]     (needs `pip install optuna`)
"""
import argparse
import json
import pathlib

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def play(curves, pruner, sampler, seed):
    """One study: at most as many trials as there are settings; a setting met again costs its tokens again, as training it would."""
    rates, ranks = sorted({c["learningRate"] for c in curves}), sorted({c["rank"] for c in curves})
    tokens = 0
    study = optuna.create_study(sampler=sampler, pruner=pruner)
    start = curves[seed % len(curves)]
    study.enqueue_trial({"learning_rate": start["learningRate"], "rank": start["rank"]})

    def objective(trial):
        nonlocal tokens
        rate, rank = trial.suggest_categorical("learning_rate", rates), trial.suggest_categorical("rank", ranks)
        curve = next(c for c in curves if c["learningRate"] == rate and c["rank"] == rank)
        best = float("inf")
        for point in curve["validation"]:
            best = min(best, point["loss"])
            if point["step"] == 0:
                continue
            trial.report(best, point["step"])
            if trial.should_prune():
                tokens += point["tokens"]
                raise optuna.TrialPruned()
        tokens += curve["tokens"]
        return best

    study.optimize(objective, n_trials=len(curves))
    return study.best_value, tokens


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=60)
    options = parser.parse_args()
    for path in options.files:
        curves = [c for _, c in sorted(json.loads(path.read_text())["curves"].items())]
        everything = sum(c["tokens"] for c in curves)
        best = min(p["loss"] for c in curves for p in c["validation"])
        grid = {"learning_rate": sorted({c["learningRate"] for c in curves}), "rank": sorted({c["rank"] for c in curves})}
        searches = {
            "Optuna SuccessiveHalving (ASHA) + grid": lambda seed: (optuna.pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=2), optuna.samplers.GridSampler(grid, seed=seed)),
            "Optuna SuccessiveHalving (ASHA) + TPE": lambda seed: (optuna.pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=2), optuna.samplers.TPESampler(seed=seed)),
            "Optuna Median + TPE": lambda seed: (optuna.pruners.MedianPruner(n_startup_trials=3), optuna.samplers.TPESampler(seed=seed)),
        }
        for name, make in searches.items():
            ends = [play(curves, *make(seed), seed) for seed in range(options.seeds)]
            print(json.dumps({
                "file": path.name, "search": name, "settings": len(curves), "seeds": options.seeds,
                "found_best": round(sum(loss <= best + 1e-9 for loss, _ in ends) / len(ends), 4),
                "excess_loss": round(sum(loss - best for loss, _ in ends) / len(ends), 5),
                "token_share": round(sum(t for _, t in ends) / len(ends) / everything, 4), "best_loss": best}), flush=True)


if __name__ == "__main__":
    main()
