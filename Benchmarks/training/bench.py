"""Runs a training of finetune-worker on rows and reads its figures; shared by the benchmarks of training."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKER = os.environ.get("FINETUNED_WORKER", str(ROOT / ".build/release/finetune-worker"))
GGUF = ROOT / "models/SmolLM2-135M-Instruct.Q4_1.gguf"


def sha(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def reference(path, rows):
    return {"path": str(path), "sha256": sha(path), "bytes": os.path.getsize(path), "rows": rows}


def canonical(rows, path):
    """Write rows as the daemon stores them."""
    with open(path, "w") as file:
        for line, row in enumerate(rows, 1):
            content = json.dumps([row, line], sort_keys=True)
            key = hashlib.sha256(content.encode()).hexdigest()
            file.write(json.dumps({"id": key[:32], "content": row, "split": "train", "promptKey": key[:16], "drop": "bench", "line": line}) + "\n")
    return reference(path, len(rows))


def train(rows, held, folder, full=False, rate=None, batch=8, memory=512, last_layers=None, threads=None, preference=None, epochs=1,
          start=None, enough=None):
    """One epoch in `folder`; a dictionary of figures. With `preference`, rows of two answers are pairs (the recipe's values for them);
    `enough` is the rule by which training ends once nothing is left to gain."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    recipe = {
        "method": "full" if full else "lora", "rank": 16, "alpha": 32, "rsLoRA": False,
        "targets": ["q", "k", "v", "o", "gate", "up", "down"], "adapterDropout": 0, "dropout": 0, "loraPlusRatio": 1,
        "learningRate": rate or (5e-5 if full else 2e-4), "schedule": "cosine", "warmupRatio": 0.05, "minLearningRateRatio": 0.1,
        "epochs": epochs, "batchRows": batch, "maxLength": 512, "weightDecay": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
        "clipNorm": 1, "labelSmoothing": 0, "neftuneAlpha": 0, "startDecay": 0, "evaluateEverySteps": 0,
        "checkpointEverySteps": 100000, "seed": 17,
    }
    if preference is not None:
        recipe["preference"] = {"objective": "auto", "preferenceLoss": "sigmoid", "beta": 0.1, "preferenceSmoothing": 0.1,
                                "sftWeight": 0, **preference}
    if last_layers:
        recipe["lastLayers"] = last_layers
    request = {
        "version": 1, "id": "bench", "directory": str(folder), "memoryBytes": memory << 20,
        "task": {"task": "train", "train": {
            "model": {"basePath": str(GGUF), "base": "smollm2", "baseDigest": sha(GGUF), "adapters": []},
            "train": [canonical(rows, folder / "train.jsonl")],
            "validation": [canonical(held, folder / "held.jsonl")] if held else [], "recipe": recipe}},
    }
    if start:
        request["task"]["train"]["startAdapter"] = start
    if enough:
        request["task"]["train"]["enough"] = enough
    if threads:
        request["threads"] = threads
    (folder / "request.json").write_text(json.dumps(request))
    started = time.time()
    done = None if (folder / "result.json").exists() else subprocess.run([WORKER, str(folder / "request.json")], stderr=subprocess.PIPE)
    if done and done.returncode:
        sys.exit(f"finetune-worker left with status {done.returncode}: {done.stderr.decode()[-2000:]}")
    result = json.loads((folder / "result.json").read_text())["training"]
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    begins = next(e["time"] for e in events if e.get("stage") == "training")
    ends = next(e["time"] for e in events if e["event"] == "step")
    steps = [e["step"] for e in events if e["event"] == "step"]
    # Measuring the start of pairs is part of their work; validation is not.
    measured = next((e["time"] for e in events if e["event"] == "progress" and e["progress"]["unit"] == "pairs"
                     and e["progress"]["done"] == e["progress"]["total"]), begins)
    return {"steps": result["steps"], "first_loss": steps[0]["loss"], "last_loss": steps[-1]["loss"], "adapter": result["adapter"],
            "whole_rows_per_second": len(rows) * epochs / (result["seconds"] + measured - begins),
            "tokens_per_second": result["tokensPerSecond"], "rows_per_second": len(rows) / result["seconds"], "seconds": result["seconds"],
            "tokens": result["tokens"], "labels": result["labelTokens"],
            "peak_mb": result["peakMemoryBytes"] / 1e6, "loss_before": result.get("startValidationLoss"), "loss_after": result.get("validationLoss"),
            "wall_seconds": time.time() - started, "first_step_begins": begins - started, "first_step_ends": ends - started}
