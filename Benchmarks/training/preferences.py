"""Does learning from pairs help? Right answers against the trained model's own wrong ones, beside completion training alone.

usage: preferences.py [--learn N] [--pairs N] [--held N] [--runs METHOD:RATE,...] [--beta B] [--epochs E] [--work DIR] [--out FILE.json]

The task is Debian's section of a package by its synopsis (Benchmarks/data/sections.jsonl). A first adapter learns N rows as completions, then
answers further rows; those that it gets wrong become pairs: the right section, and what it said. From that adapter every method goes on: with
the pairs (`pairs`, or a loss by its name), with the same right answers as `completions`, and with pairs and learnt rows (`both`). Held-out rows are answered greedily;
the accuracy is the share of right answers, and the preference accuracy that of held-out pairs, made the same way, whose right answer is
the likelier one. With `--work` the folders stay, and a run that was stopped goes on.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bench  # noqa: E402

turn = lambda role, text: [{"role": role, "content": text}]


def evaluate(rows, folder, adapter, tokens=8):
    """The worker's records of rows, answered greedily."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "result.json").exists():
        return [json.loads(line) for line in (folder / "examples-gate.jsonl").read_text().splitlines()]
    request = {"version": 1, "id": "e", "directory": str(folder), "memoryBytes": 512 << 20, "task": {"task": "evaluate", "evaluate": {
        "model": {"basePath": str(bench.GGUF), "base": "smollm2", "baseDigest": bench.sha(bench.GGUF), "adapters": [adapter]},
        "sets": [{"name": "gate", "files": [bench.canonical(rows, folder / "rows.jsonl")]}], "maxNewTokens": tokens, "maxLength": 512}}}
    (folder / "request.json").write_text(json.dumps(request))
    done = subprocess.run([bench.WORKER, str(folder / "request.json")], stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"finetune-worker left with status {done.returncode}: {done.stderr.decode()[-2000:]}")
    return [json.loads(line) for line in (folder / "examples-gate.jsonl").read_text().splitlines()]


def wrong_pairs(rows, records):
    """A pair for each row that was answered wrongly."""
    return [{"prompt": turn("user", row["prompt"]), "chosen": turn("assistant", row["completion"]), "rejected": turn("assistant", said)}
            for row, said in ((row, record["output"].strip()) for row, record in zip(rows, records)) if said and said != row["completion"]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--learn", type=int, default=800)
    parser.add_argument("--pairs", type=int, default=800)
    parser.add_argument("--held", type=int, default=500)
    parser.add_argument("--runs", default="completions:5e-4,completions:5e-5,pairs:5e-4,pairs:5e-5,pairs:5e-6,both:5e-5")
    parser.add_argument("--beta", type=float, default=0.1)
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--work")
    parser.add_argument("--out")
    options = parser.parse_args()
    source = [json.loads(line) for line in open(bench.ROOT / "Benchmarks/data/sections.jsonl")]
    learnt, asked = source[:options.learn], source[options.learn:options.learn + options.pairs]
    held = source[options.learn + options.pairs:options.learn + options.pairs + options.held]
    table = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(options.work or name)
        start = bench.train(learnt, [], folder / "start", rate=5e-4, epochs=2)["adapter"]
        pairs = wrong_pairs(asked, evaluate(asked, folder / "asked", start))
        records = evaluate(held, folder / "held", start)
        held_pairs = wrong_pairs(held, records)

        def judge(adapter, place):
            answers = evaluate(held, place / "held", adapter)
            scored = evaluate(held_pairs, place / "pairs", adapter, tokens=0)
            right = [record["output"].strip() == row["completion"] for row, record in zip(held, answers)]
            margins = [record["rejectedLossSum"] - record["lossSum"] for record in scored]
            return {"accuracy": sum(right) / len(right), "preference_accuracy": sum(m > 0 for m in margins) / len(margins),
                    "preference_margin": sum(margins) / len(margins),
                    "tokens": sum(record["outputTokens"] for record in answers) / len(answers)}

        def add(method, rate, figures):
            table.append({"method": method, "rate": rate, **figures})
            print(f"{method:24}{rate:>9}{figures['accuracy']:10.3f}{figures['preference_accuracy']:12.3f}"
                  f"{figures['preference_margin']:9.2f}{figures['tokens']:8.2f}", flush=True)

        print(f"{len(learnt)} rows learnt, {len(pairs)} of {len(asked)} answered wrongly and made pairs, {len(held)} held out, of them "
              f"{len(held_pairs)} answered wrongly; beta {options.beta}, {options.epochs:g} epochs")
        print(f"{'':24}{'rate':>9}{'accuracy':>10}{'preference':>12}{'margin':>9}{'tokens':>8}")
        add("the start", "", judge(start, folder / "judged-start"))
        completions = [{"prompt": p["prompt"][0]["content"], "completion": p["chosen"][0]["content"]} for p in pairs]
        replayed = learnt[:len(pairs)]
        for run in options.runs.split(","):
            method, rate = run.split(":")
            loss = method if method not in ("pairs", "completions", "both") else "sigmoid"
            rows = completions if method == "completions" else pairs + replayed if method == "both" else pairs
            place = folder / f"{method}-{rate}-{options.beta}"
            adapter = bench.train(rows, [], place, rate=float(rate), epochs=options.epochs, start=start,
                                  preference={"preferenceLoss": loss, "beta": options.beta})["adapter"]
            add({"completions": "their right answers", "both": "pairs and learnt rows"}.get(method, f"pairs, {loss}"), rate, judge(adapter, place / "judged"))
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(table, indent=1))


main()
