#!/usr/bin/env python3
"""Judging, old and new in turn: is the verdict there in a third of the time, and are its figures the same?

usage: run.py OLD NEW [--rounds 3] [--only quickstart,labels] [--train 400] [--threads N]

OLD and NEW are finetune-worker programs. `quickstart`: the candidate and the base answer what the quickstart's first run asks of them
(100 gate rows of 8 sections, answers of at most 8 tokens; the candidate also its validation rows). The candidate is trained by NEW on
--train rows, once. `labels`: 200 rows of 50 classes whose names are paths as taxonomies have them, no answer longer than its class.
Each round runs every request with both programs (old, new; new, old in the next round). Printed: seconds of the process and of the sets
by the worker's own clock, medians, the median of the rounds' ratios, and the largest relative difference of losses and of labels'
probabilities. Leaves by 1 where a count, an answer (whether it is right, and the class that it names) or a figure of the verdict differs.
The rows are Debian's own (tools/debian_sections.py), the base is models/SmolLM2-135M-Instruct.Q4_1.gguf.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Benchmarks/training"))
import bench  # noqa: E402

AREAS = {"desktop": ["editors", "games", "graphics", "sound", "video"], "development": ["debuggers", "java", "libraries", "perl", "python"],
         "education": ["astronomy", "chemistry", "geography", "languages", "mathematics"], "hardware": ["audio", "boards", "firmware", "input", "printers"],
         "network": ["chat", "mail", "news", "security", "web"], "office": ["calendars", "documents", "finance", "fonts", "sheets"],
         "science": ["biology", "electronics", "physics", "robotics", "statistics"], "server": ["backup", "databases", "directories", "files", "monitoring"],
         "system": ["boot", "containers", "kernel", "packages", "shells"], "text": ["converters", "dictionaries", "search", "spelling", "typesetting"]}
CLASSES = [f"{area}/{name}" for area, names in AREAS.items() for name in names]


def sections(first, count):
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        subprocess.run([str(ROOT / "tools/debian_sections.py"), file.name, str(first), str(count)], check=True)
        return [json.loads(line) for line in file]


def canonical(rows, path, split):
    """Rows as the daemon stores them, with their classes."""
    reference = bench.canonical(rows, path)
    lines = [json.loads(line) for line in open(path)]
    for line, row in zip(lines, rows):
        line["split"], line["label"] = split, row["completion"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return {**reference, "sha256": bench.sha(path), "bytes": os.path.getsize(path)}


def evaluate(worker, folder, sets, labels, adapters, tokens, threads):
    """What the worker says of the sets: result, records by set, and the process's seconds."""
    folder.mkdir(parents=True)
    request = {"version": 1, "id": "judging", "directory": str(folder), "memoryBytes": 512 << 20, "task": {"task": "evaluate", "evaluate": {
        "model": {"basePath": str(bench.GGUF), "base": "smollm2", "baseDigest": bench.sha(bench.GGUF), "adapters": adapters},
        "sets": sets, "labels": labels, "maxLength": 8192, **({"maxNewTokens": tokens} if tokens else {})}}}
    if threads:
        request["threads"] = threads
    (folder / "request.json").write_text(json.dumps(request))
    started = time.perf_counter()
    done = subprocess.run([worker, str(folder / "request.json")], stderr=subprocess.PIPE)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{worker} left with {done.returncode}: {done.stderr.decode()[-2000:]}")
    result = json.loads((folder / "result.json").read_text())["evaluations"]
    records = {name: [json.loads(line) for line in open(found["examples"]["path"])] for name, found in result.items()}
    return {name: found["seconds"] for name, found in result.items()}, records, seconds


def relative(a, b):
    return 0.0 if a == b else abs(a - b) / max(abs(a), abs(b))


def shares(scores):
    """The probability of each class among all."""
    most = max(scores.values())
    weights = {name: math.exp(value - most) for name, value in scores.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def differences(old, new, labels):
    """Complaints, and the largest relative differences of losses, labels' scores and labels' probabilities."""
    wrong, most = [], {"loss": 0.0, "score": 0.0, "probability": 0.0}
    exact = values = 0
    for name in old:
        if [r["row"] for r in old[name]] != [r["row"] for r in new[name]]:
            wrong.append(f"{name}: other rows")
        for a, b in zip(old[name], new[name]):
            for key in ("tokens", "correctTokens", "bytes", "promptTokens", "label", "reference"):
                if a.get(key) != b.get(key):
                    wrong.append(f"{name} {a['row']}: {key} {a.get(key)} and {b.get(key)}")
            said, says = (r.get("output") for r in (a, b))
            if (said is None) != (says is None):
                wrong.append(f"{name} {a['row']}: only one answered")
            elif said is not None:
                named = [text.strip() if text.strip() in labels else "(other)" for text in (said, says)]
                if named[0] != named[1] or (said != says and (b.get("finish") != "cut" or not said.startswith(says))):
                    wrong.append(f"{name} {a['row']}: {said!r} and {says!r}")
                if b.get("finish") == "cut" and "outputTokens" in b:
                    wrong.append(f"{name} {a['row']}: a cut answer has a length")
            pairs = [("loss", a["lossSum"], b["lossSum"])]
            if "labelScores" in a:
                pairs += [("score", value, b["labelScores"][key]) for key, value in a["labelScores"].items()]
                probable = shares(b["labelScores"])
                pairs += [("probability", value, probable[key]) for key, value in shares(a["labelScores"]).items()]
                if max(a["labelScores"], key=a["labelScores"].get) != max(b["labelScores"], key=b["labelScores"].get):
                    wrong.append(f"{name} {a['row']}: another likeliest class")
            for kind, x, y in pairs:
                most[kind] = max(most[kind], relative(x, y))
                exact += x == y
                values += 1
    return wrong, most, exact / max(1, values)


def trained(worker, count, folder):
    """An adapter as the quickstart's recipe trains it."""
    bench.WORKER = worker
    return bench.train(sections(1000, count), sections(2000, 56), folder, rate=1e-3, batch=16)["adapter"]


def cases(options, folder):
    """[(name, sets, labels, adapters, tokens, bar)]"""
    wanted, found = options.only.split(","), []
    folder.mkdir()
    if "quickstart" in wanted:
        gate = {"name": "gate", "files": [canonical(sections(0, 100), folder / "gate.jsonl", "gate")], "cutsAnswers": True}
        held = {"name": "validation", "files": [canonical(sections(2000, 56), folder / "held.jsonl", "validation")], "maxNewTokens": 0}
        labels = sorted({row["completion"] for row in sections(0, 400)})
        found.append(("quickstart, candidate", [gate, held], labels, [trained(options.new, options.train, folder / "training")], 8, None))
        found.append(("quickstart, base", [gate], labels, [], 8, None))
    if "labels" in wanted:
        rows = [{"prompt": "Which class is it? " + row["prompt"].split("\n", 1)[1], "completion": CLASSES[i % len(CLASSES)]}
                for i, row in enumerate(sections(4000, 200))]
        gate = {"name": "gate", "files": [canonical(rows, folder / "labels.jsonl", "gate")], "cutsAnswers": True}
        found.append((f"{len(CLASSES)} labels, 200 rows", [gate], CLASSES, [], None, 1 / 5))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="quickstart,labels")
    parser.add_argument("--train", type=int, default=400)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    table, complaints = {}, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        known = cases(options, folder / "rows")
        for number in range(options.rounds):
            for case, sets, labels, adapters, tokens, _ in known:
                seen = {}
                for side in (("old", "new"), ("new", "old"))[number % 2]:
                    own = folder / f"{number}-{case}-{side}".replace(" ", "")
                    seen[side] = evaluate(getattr(options, side), own, sets, labels, adapters, tokens, options.threads)
                wrong, most, exact = differences(seen["old"][1], seen["new"][1], set(labels))
                complaints += [f"{case}: {text}" for text in wrong]
                table.setdefault(case, []).append((seen["old"], seen["new"], most, exact))
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    print(f"| request | seconds, old | new | ratio | its gate rows alone | bar | largest relative difference: loss, probability | equal bits |\n|{'---|' * 8}")
    sums = {"old": 0.0, "new": 0.0}
    for case, _, _, _, _, bar in known:
        rounds = table[case]
        seconds = {side: statistics.median(r[i][2] for r in rounds) for i, side in enumerate(("old", "new"))}
        ratio = statistics.median(r[1][2] / r[0][2] for r in rounds)
        gate = statistics.median(r[1][0]["gate"] / r[0][0]["gate"] for r in rounds)
        if bar is None:
            sums = {side: sums[side] + seconds[side] for side in sums}
        most, exact = rounds[-1][2], rounds[-1][3]
        print(f"| {case} | {seconds['old']:.2f} | {seconds['new']:.2f} | {ratio:.3f} | {gate:.3f} | {f'{bar:.3f}' if bar else ''} "
              f"| {most['loss']:.1e}, {most['probability']:.1e} | {100 * exact:.1f} % |")
    if sums["old"]:
        print(f"| quickstart's evaluation | {sums['old']:.2f} | {sums['new']:.2f} | {sums['new'] / sums['old']:.3f} | | {1 / 3:.3f} | | |")
    for text in complaints[:20]:
        print(text)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
