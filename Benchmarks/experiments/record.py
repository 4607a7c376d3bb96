"""Records real learning curves with the product's worker: grids of learning rates, range tests, bases, regularisation.

usage: record.py DATA_DIR [--out DIR] [--rows N] [--only smollm2-sections,…,overfit,defaults-sections,defaults-synopsis]

DATA_DIR holds sections.jsonl and synopsis.jsonl, as tools/debian_sections.py and tools/debian_synopsis.py write them. Every curve is
one worker process; what is recorded already is kept, so that the command may be stopped and started again. The curves are what
replay.py searches without training anything. Everything is chosen on the validation rows; there is no gate here.
"""
import argparse
import hashlib
import json
import os
import pathlib
import platform
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKER = os.environ.get("FINETUNED_WORKER", str(ROOT / ".build/release/finetune-worker"))
MODELS = pathlib.Path(os.environ.get("FINETUNED_TEST_MODELS", ROOT / "models"))
BASES = {"smollm2": MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf", "gemma3": MODELS / "gemma3-270m.gguf"}
RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-5]
# Two dimensions where a curve takes seconds, the rate alone elsewhere.
RANKS = {"smollm2-sections": [16, 4]}
RECIPE = {
    "method": "lora", "rank": 16, "alpha": 32, "rsLoRA": False, "targets": ["q", "k", "v", "o", "gate", "up", "down"],
    "adapterDropout": 0, "dropout": 0, "loraPlusRatio": 1, "learningRate": 5e-4, "schedule": "cosine", "warmupRatio": 0.05,
    "minLearningRateRatio": 0.1, "epochs": 2, "batchRows": 8, "maxLength": 256, "weightDecay": 0.01, "beta1": 0.9, "beta2": 0.999,
    "epsilon": 1e-8, "clipNorm": 1, "labelSmoothing": 0, "neftuneAlpha": 0, "startDecay": 0, "evaluateEverySteps": 2,
    "checkpointEverySteps": 1000000, "seed": 17,
}

# One change at a time of the product's default recipe, whose rate comes from its own range test. The seeds alone show the noise.
DEFAULTS = {
    "default": {}, "seed 18": {"seed": 18}, "seed 19": {"seed": 19},
    "rank 4": {"rank": 4, "alpha": 8}, "rank 8": {"rank": 8, "alpha": 16}, "rank 32": {"rank": 32, "alpha": 64}, "alpha 16": {"alpha": 16}, "alpha 64": {"alpha": 64},
    "attention only": {"targets": ["q", "k", "v", "o"]}, "last 15 layers": {"lastLayers": 15},
    "1 epoch": {"epochs": 1}, "6 epochs": {"epochs": 6}, "batch 4": {"batchRows": 4}, "batch 16": {"batchRows": 16},
    "constant": {"schedule": "constant"}, "linear": {"schedule": "linear"}, "no warm-up": {"warmupRatio": 0},
    "weight decay 0": {"weightDecay": 0}, "weight decay 0.1": {"weightDecay": 0.1}, "rate / 3": {"learningRate": 1 / 3}, "rate × 3": {"learningRate": 3},
}


def rows(path, split, first, count):
    """Canonical rows `first` and following, as the daemon stores them; labels where the task has classes."""
    lines = [json.loads(line) for line in open(path)][first:first + count]
    result = []
    for number, row in enumerate(lines, 1):
        key = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()
        item = {"id": key[:32], "content": row, "split": split, "promptKey": key[:16], "drop": "bench", "line": number}
        if "sections" in path.name:
            item["label"] = row["completion"]
        result.append(item)
    return result


def write(items, path):
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size, "rows": len(items)}


def work(task, memory=1024):
    """Runs one worker; its events, its result, and the seconds it took."""
    with tempfile.TemporaryDirectory(prefix="record-") as folder:
        request = {"version": 1, "id": "record", "directory": folder, "memoryBytes": memory << 20, "task": task}
        path = pathlib.Path(folder) / "request.json"
        path.write_text(json.dumps(request))
        started = time.time()
        code = subprocess.run([WORKER, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        events = [json.loads(line) for line in open(pathlib.Path(folder) / "events.jsonl")]
        result = pathlib.Path(folder) / "result.json"
        return code, events, json.loads(result.read_text()) if result.exists() else None, time.time() - started


def curve(train_task):
    code, events, result, seconds = work({"task": "train", "train": train_task})
    steps = [e["step"] for e in events if e["event"] == "step"]
    tokens, total = {}, 0
    for step in steps:
        total += step["tokens"]
        tokens[step["step"]] = total
    points = [
        {"step": e["validation"]["step"], "loss": round(e["validation"]["loss"], 5), "accuracy": round(e["validation"]["tokenAccuracy"], 4),
         "tokens": tokens.get(e["validation"]["step"], 0)} for e in events if e["event"] == "validation"]
    entry = {"learningRate": train_task["recipe"]["learningRate"], "rank": train_task["recipe"]["rank"], "validation": points, "train": [round(s["loss"], 4) for s in steps], "tokens": total, "seconds": round(seconds, 1)}
    if code.returncode != 0:
        entry["ended"] = {"status": code.returncode, "reason": code.stderr.decode()[-300:]}
    return entry


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent / "recorded")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--held", type=int, default=32)
    parser.add_argument("--only", default="smollm2-sections,gemma3-sections,overfit,smollm2-synopsis,gemma3-synopsis,defaults-sections,defaults-synopsis")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="record-rows-"))
    for name in options.only.split(","):
        overfit = name == "overfit"
        base, task = ("smollm2", "sections") if overfit else name.split("-")
        defaults, base = base == "defaults", "smollm2" if base == "defaults" else base
        source, gguf = options.data / f"{task}.jsonl", BASES[base]
        count = 64 if overfit else options.rows
        train = write(rows(source, "train", 0, count), scratch / f"{name}-train.jsonl")
        held = write(rows(source, "validation", 1000, options.held), scratch / f"{name}-held.jsonl")
        digest = hashlib.sha256(gguf.read_bytes()).hexdigest()
        model = {"basePath": str(gguf), "base": base, "baseDigest": digest, "adapters": []}
        path = options.out / f"{name}.json"
        record = json.loads(path.read_text()) if path.exists() else {
            "provenance": {
                "command": "Benchmarks/experiments/record.py", "base": gguf.name, "baseSHA256": digest, "task": task,
                "trainRows": count, "validationRows": options.held, "trainSHA256": train["sha256"], "validationSHA256": held["sha256"],
                "machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "recipe": RECIPE}}

        def keep():
            temporary = path.with_suffix(".tmp")
            temporary.write_text(json.dumps(record, indent=1) + "\n")
            temporary.rename(path)

        def task_of(**changes):
            return {"model": model, "train": [train], "validation": [held], "recipe": {**RECIPE, **changes}}

        if overfit:
            settings = {
                "none": {"weightDecay": 0}, "dropout 0.3": {"weightDecay": 0, "adapterDropout": 0.3}, "weight decay 1": {"weightDecay": 1.0},
                "label smoothing 0.1": {"weightDecay": 0, "labelSmoothing": 0.1}, "neftune 5": {"weightDecay": 0, "neftuneAlpha": 5.0}}
            trials = [(key, task_of(epochs=8, learningRate=1e-3, schedule="constant", evaluateEverySteps=8, **change)) for key, change in settings.items()]
        else:
            if "score" not in record and not defaults:
                labels = sorted({r["content"]["completion"] for r in rows(source, "train", 0, 1000)}) if task == "sections" else None
                score = {"model": model, "rows": [held], "limit": 32, "shots": 4 if labels else 0, "probeTexts": 0, "seed": 0}
                if labels:
                    score["labels"] = labels
                _, _, result, seconds = work({"task": "score", "score": score})
                record["score"] = {"figures": (result or {}).get("figures"), "seconds": round(seconds, 1)}
                keep()
            if "range" not in record:
                test = {"train": task_of(), "lowest": 1e-6, "highest": 3e-2, "steps": 40}
                _, events, result, seconds = work({"task": "range-test", "range-test": test})
                record["range"] = {**((result or {}).get("range") or {}), "seconds": round(seconds, 1),
                                   "tokens": sum(e["step"]["tokens"] for e in events if e["event"] == "step")}
                keep()
            if defaults:
                # As RangeTestRules chooses: a third of the rate at which the smoothed loss is lowest.
                smoothed, rates = record["range"]["smoothed"], record["range"]["learningRates"]
                rate = rates[min(range(len(smoothed)), key=smoothed.__getitem__)] / 3
                trials = [
                    (key, task_of(**{"epochs": 3, "evaluateEverySteps": 8, **change, "learningRate": rate * change.get("learningRate", 1)}))
                    for key, change in DEFAULTS.items()]
            else:
                trials = [
                    (f"learning_rate={rate:g} rank={rank}", task_of(learningRate=rate, rank=rank, alpha=2 * rank))
                    for rank in RANKS.get(name, [16]) for rate in RATES]
        record.setdefault("curves", {})
        for key, train_task in trials:
            if key in record["curves"]:
                continue
            record["curves"][key] = curve(train_task)
            keep()
            last = record["curves"][key]
            print(name, key, "loss", [p["loss"] for p in last["validation"]], f"{last['seconds']} s", flush=True)


if __name__ == "__main__":
    main()
