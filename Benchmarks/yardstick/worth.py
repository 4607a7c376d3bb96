#!/usr/bin/env python3
"""Is a fine-tuned model worth it? A base fine-tuned on labelled rows beside the simplest alternatives fitted to the same rows.

usage: worth.py ROWS.jsonl [--held N] [--rate R] [--epochs E] [--sizes N,N,...] [--work DIR]

ROWS.jsonl is what tools/debian_sections.py OUT.jsonl 0 COUNT writes. The last N rows judge; the first rows are learnt. Prints
accuracies and the seconds that training, the linear model and the base's states take. Needs the worker and SmolLM2 (models/).
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "training"))
import bench  # noqa: E402

MODEL = {"basePath": str(bench.GGUF), "base": "smollm2", "baseDigest": "", "adapters": []}


def labelled(rows, path):
    """Write rows with their classes as the daemon stores them."""
    bench.canonical(rows, path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({**line, "label": line["content"]["completion"]}) + "\n" for line in lines))
    return bench.reference(path, len(rows))


def work(folder, task):
    """Have the worker do a task; its result and the seconds it took."""
    folder.mkdir(parents=True, exist_ok=True)
    request = {"version": 1, "id": "worth", "directory": str(folder), "memoryBytes": 512 << 20, "task": task}
    (folder / "request.json").write_text(json.dumps(request))
    began = time.time()
    done = subprocess.run([bench.WORKER, str(folder / "request.json")], stderr=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"finetune-worker left with status {done.returncode}: {done.stderr.decode()[-2000:]}")
    return json.loads((folder / "result.json").read_text()), time.time() - began


def answered(folder, adapters, held):
    """The share of held-out rows whose greedy answer is the class."""
    task = {"model": {**MODEL, "adapters": adapters}, "sets": [{"name": "gate", "files": [held]}], "maxNewTokens": 6, "maxLength": 512}
    result, _ = work(folder, {"task": "evaluate", "evaluate": task})
    return result["evaluations"]["gate"]["figures"]["accuracy"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rows")
    parser.add_argument("--held", type=int, default=500)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--sizes", default="50,100,400,1600")
    parser.add_argument("--work")
    options = parser.parse_args()
    source = [json.loads(line) for line in open(options.rows)]
    names = ["commonest class", "linear model", "linear model on the base's states"]
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(options.work or name)
        root.mkdir(parents=True, exist_ok=True)
        held = labelled(source[-options.held:], root / "held.jsonl")
        print(f"base as it is: {answered(root / 'base', [], held):.3f} of {options.held} rows", flush=True)
        print("rows  commonest  linear  states  fine-tuned  seconds: alternatives, training")
        states = None
        for size in map(int, options.sizes.split(",")):
            place = root / str(size)
            place.mkdir(exist_ok=True)
            train = labelled(source[:size], place / "rows.jsonl")
            task = {"model": MODEL, "train": [train], "withdrawn": [], "asked": [held], "statesRows": 2000, "maxLength": 512}
            if states:
                task["states"] = states
            result, simple = work(place / "yardstick", {"task": "yardstick", "yardstick": task})
            states = result["files"][1]
            answers = [json.loads(line)["right"] for line in open(result["files"][0]["path"])]
            shares = [sum(answer[kind] for answer in answers) / len(answers) for kind in names]
            tuned = bench.train(source[:size], [], place / "train", rate=options.rate, epochs=options.epochs)
            accuracy = answered(place / "judged", [tuned["adapter"]], held)
            print(f"{size:5d} {shares[0]:9.3f} {shares[1]:8.3f} {shares[2]:7.3f} {accuracy:10.3f}  {simple:6.0f} {tuned['seconds']:8.0f}",
                  flush=True)


main()
