"""The PyTorch engine beside the built-in worker and PyTorch's own trajectory, on SmolLM2."""
import json
import math
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine import NOISE, RECIPE, ROOT, Work, worst

sys.path.insert(0, str(ROOT / "Tests" / "Interop"))
import worker  # noqa: E402

GOLDEN = json.loads((ROOT / "Tests/Fixtures/goldens/smollm2-lora.json").read_text())


@pytest.fixture(scope="module")
def smol(tmp_path_factory):
    """SmolLM2 as the worker exports it, with the golden rows as it encodes them."""
    folder = tmp_path_factory.mktemp("smol")
    rows = worker.write_rows(folder / "rows.jsonl", [(row["prompt"], row["completion"]) for row in GOLDEN["rows"]])
    worker.run(folder / "base", "export", {"model": worker.model(), "format": "huggingface", "check": []})
    encoded, _, _ = worker.run(folder / "tokens", "encode", {"model": worker.model(), "sets": [{"name": "train", "files": [rows]}], "maxLength": 128})
    return folder, worker.model(folder / "base" / "export"), rows, encoded["files"][0]


def test_the_tokens_are_the_golden_ones(smol):
    with_bounds = load_file(smol[3]["path"])
    end = int(with_bounds["rows"][1])
    assert with_bounds["ids"][:end].tolist() == GOLDEN["first_ids"]
    labels = [-100 if weight == 0 else token for token, weight in zip(with_bounds["ids"][:end].tolist(), with_bounds["weights"][:end])]
    assert labels == GOLDEN["first_labels"]


@pytest.mark.parametrize("noise", [{}, NOISE], ids=["plain", "noise"])
def test_both_engines_train_alike(smol, tmp_path, noise):
    _, model, rows, tokens = smol
    recipe = {**RECIPE, "rank": 8, "lastLayers": 2, "targets": ["q", "v", "o", "gate", "down"], "learningRate": 1e-3, "epochs": 0.5,
              "batchRows": 7, "maxLength": 128, "evaluateEverySteps": 2, **noise}
    task = {"model": model, "train": [rows], "validation": [rows], "tokens": {"train": tokens, "validation": tokens}, "recipe": recipe}
    built_in, _, events = worker.run(tmp_path / "worker", "train", task)
    work = Work(tmp_path / "torch", task)
    assert work.run() == 0
    steps = {event["step"]["step"]: event["step"] for event in events if event["event"] == "step"}
    assert worst(steps, work.steps) < 1e-4
    assert worst({s: {"n": math.log(v["gradientNorm"])} for s, v in steps.items()},
                 {s: {"n": math.log(v["gradientNorm"])} for s, v in work.steps.items()}, "n") < 1e-3
    assert work.result["training"]["bestStep"] == built_in["training"]["bestStep"]
    left, right = (load_file(tmp_path / name / "adapter" / "adapter_model.safetensors") for name in ("worker", "torch"))
    assert left.keys() == right.keys()
    # What the built-in worker makes of the other engine's adapter is what that engine measured.
    served = {**model, "adapters": [{"path": str(tmp_path / "torch" / "adapter"), "sha256": work.result["training"]["adapter"]["sha256"]}]}
    told, _, _ = worker.run(tmp_path / "evaluate", "evaluate", {
        "model": served, "sets": [{"name": "all", "files": [rows], "maxNewTokens": 0}], "maxLength": 128})
    assert abs(told["evaluations"]["all"]["figures"]["loss"] - work.result["training"]["validationLoss"]) < 1e-3


@pytest.mark.parametrize("ranks, parallel", [(1, "replicate"), (2, "shard")])
def test_the_golden_trajectory(smol, tmp_path, ranks, parallel):
    """Ten steps from the start that the golden file names, in its order of rows: every epoch here is one step of four rows."""
    _, model, _, tokens = smol
    start = tmp_path / "start"
    start.mkdir()
    base = load_file(next((smol[0] / "base" / "export").glob("*.safetensors")))
    factors = {}
    for layer in range(30):
        for k, target in enumerate(GOLDEN["lora"]["targets"]):
            name = f"model.layers.{layer}.{target}"
            outer, inner = base[name + ".weight"].shape
            i, j = torch.arange(8, dtype=torch.float64)[:, None], torch.arange(inner, dtype=torch.float64)[None, :]
            factors[f"base_model.model.{name}.lora_A.weight"] = (0.05 * torch.cos(7.3 * i + 1.7 * j + 0.9 * k + 0.31 * layer)).float()
            factors[f"base_model.model.{name}.lora_B.weight"] = torch.zeros(outer, 8)
    save_file(factors, start / "adapter_model.safetensors")
    (start / "adapter_config.json").write_text(json.dumps({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 8, "lora_alpha": 16, "lora_dropout": 0.0, "bias": "none",
        "target_modules": sorted({target.split(".")[-1] for target in GOLDEN["lora"]["targets"]})}))
    ordered = in_order(load_file(tokens["path"]), tmp_path / "ordered.safetensors")
    recipe = {**RECIPE, "rank": 8, "alpha": 16.0, "rsLoRA": False, "loraPlusRatio": 1.0, "learningRate": GOLDEN["lr"], "schedule": "constant",
              "warmupRatio": 0.0, "epochs": 1.0, "batchRows": 4, "clipNorm": 1.0, "weightDecay": 0.01}
    task = {"model": model, "startAdapter": {"path": str(start), "sha256": ""}, "train": [], "validation": [],
            "tokens": {"train": ordered}, "recipe": recipe}
    work = Work(tmp_path / "work", task, ranks=ranks, parallel=parallel)
    assert work.run() == 0
    assert len(work.steps) == len(GOLDEN["steps"])
    for golden, (_, step) in zip(GOLDEN["steps"], sorted(work.steps.items())):
        assert abs(step["loss"] - golden["loss"]) < 1e-4
        assert abs(step["gradientNorm"] / golden["grad_norm"] - 1) < 1e-4
        assert step["labelTokens"] == golden["label_tokens"]


def in_order(tensors, path):
    """The same rows, moved so that the shuffle of the first epoch puts them into the golden order."""
    sys.path.insert(0, str(ROOT / "Engines" / "torch"))
    from finetuned_torch.order import permutation
    edges = tensors["rows"].tolist()
    rows = list(zip(edges, edges[1:]))
    places = permutation(RECIPE["seed"], 0, len(rows))
    moved = [None] * len(rows)
    for row, place in zip(rows, places):
        moved[place] = row
    bounds = [0]
    for first, last in moved:
        bounds.append(bounds[-1] + last - first)
    save_file({"ids": torch.cat([tensors["ids"][a:b] for a, b in moved]), "weights": torch.cat([tensors["weights"][a:b] for a, b in moved]),
               "rows": torch.tensor(bounds)}, str(path))
    return {"path": str(path), "sha256": "", "bytes": path.stat().st_size}
