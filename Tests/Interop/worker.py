"""Runs finetune-worker and reads what it wrote; shared by the interop tests and the benchmarks."""
import hashlib
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FINETUNED_BINARIES", ROOT / ".build/release"))
MODELS = pathlib.Path(os.environ.get("FINETUNED_TEST_MODELS", ROOT / "models"))
SMOL = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"

RECIPE = {
    "method": "lora", "rank": 8, "alpha": 16.0, "rsLoRA": False, "targets": ["q", "k", "v", "o", "gate", "up", "down"],
    "adapterDropout": 0.0, "dropout": 0.0, "loraPlusRatio": 1.0, "learningRate": 1e-3, "schedule": "constant", "warmupRatio": 0.0,
    "minLearningRateRatio": 0.1, "epochs": 2.0, "batchRows": 8, "maxLength": 256, "weightDecay": 0.0, "beta1": 0.9, "beta2": 0.999,
    "epsilon": 1e-8, "clipNorm": 1.0, "labelSmoothing": 0.0, "neftuneAlpha": 0.0, "startDecay": 0.0, "evaluateEverySteps": 0,
    "checkpointEverySteps": 100, "seed": 17,
}


def require(path, remedy):
    """The path, or a failure that names the remedy: an absent peer must never pass silently."""
    assert pathlib.Path(path).exists(), f"{path} is absent. {remedy}"
    return str(path)


def model(base=None, adapters=()):
    base = base or require(SMOL, "Run: make models")
    return {
        "basePath": str(base), "base": "test-base", "baseDigest": "",
        "adapters": [{"path": str(a), "sha256": ""} for a in adapters],
    }


def write_rows(path, pairs):
    """Canonical rows of (prompt, completion); returns the file's reference."""
    lines = []
    for number, (prompt, completion) in enumerate(pairs):
        key = hashlib.sha256(json.dumps([prompt, completion]).encode()).hexdigest()
        lines.append(json.dumps({
            "id": key[:32], "content": {"prompt": prompt, "completion": completion}, "split": "train",
            "promptKey": hashlib.sha256(prompt.encode()).hexdigest()[:16], "drop": "d-test", "line": number + 1,
        }) + "\n")
    data = "".join(lines).encode()
    pathlib.Path(path).write_bytes(data)
    return {"path": str(path), "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "rows": len(lines)}


def run(folder, kind, task, threads=2, check=True, **request):
    """Does one task in `folder`; returns (result or None, exit status, events)."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    body = {"version": 1, "id": folder.name, "directory": str(folder), "task": {"task": kind, kind: task}, "threads": threads, **request}
    (folder / "request.json").write_text(json.dumps(body))
    program = require(BUILD / "finetune-worker", "Run: make build")
    done = subprocess.run([program, str(folder / "request.json")], capture_output=True, text=True)
    if check:
        assert done.returncode == 0, done.stderr
    result = folder / "result.json"
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return json.loads(result.read_text()) if result.exists() else None, done.returncode, events
