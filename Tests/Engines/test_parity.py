"""The PyTorch engine beside the built-in worker and PyTorch's own trajectory, on SmolLM2."""
import json
import math
import pathlib
import shutil
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM, Gemma3TextConfig, GraniteConfig, LlamaConfig, LlamaForCausalLM, Olmo2Config, Qwen2Config, Qwen3Config, SmolLM3Config)

from engine import NOISE, RECIPE, ROOT, Work, worst

sys.path.insert(0, str(ROOT / "Tests" / "Interop"))
import worker  # noqa: E402

GOLDEN = json.loads((ROOT / "Tests/Fixtures/goldens/smollm2-lora.json").read_text())


@pytest.fixture(scope="module")
def smol(tmp_path_factory):
    """SmolLM2 as the worker exports it, with the golden rows as it encodes them."""
    folder = tmp_path_factory.mktemp("smol")
    rows = worker.write_rows(folder / "rows.jsonl", [(row["prompt"], row["completion"]) for row in GOLDEN["rows"]])
    worker.run(folder / "base", "export", {"model": worker.model(), "format": "huggingface-f32", "check": []})
    encoded, _, _ = worker.run(folder / "tokens", "encode", {"model": worker.model(), "sets": [{"name": "train", "files": [rows]}], "maxLength": 128})
    return folder, worker.model(folder / "base" / "export"), rows, encoded["files"][0]


def test_the_tokens_are_the_golden_ones(smol):
    with_bounds = load_file(smol[3]["path"])
    end = int(with_bounds["rows"][1])
    assert with_bounds["ids"][:end].tolist() == GOLDEN["first_ids"]
    labels = [-100 if weight == 0 else token for token, weight in zip(with_bounds["ids"][:end].tolist(), with_bounds["weights"][:end])]
    assert labels == GOLDEN["first_labels"]


@pytest.fixture(scope="module")
def tiny(smol, tmp_path_factory):
    """A random Llama of three blocks with the tokenizer of SmolLM2, so that its token file serves for both."""
    folder, model, _, _ = smol
    exported = pathlib.Path(model["basePath"])
    config = json.loads((exported / "config.json").read_text())
    path = tmp_path_factory.mktemp("tiny") / "base"
    torch.manual_seed(7)
    LlamaForCausalLM(LlamaConfig(
        vocab_size=config["vocab_size"], hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=True, bos_token_id=config["bos_token_id"], eos_token_id=config["eos_token_id"],
        max_position_embeddings=512)).save_pretrained(path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(exported / name, path)
    return worker.model(path)


def train_on_both(model, smol, folder, epochs, noise, **more):
    """The same request on both engines; checks what is told of it and returns the differences of the elements of what was trained."""
    _, _, rows, tokens = smol
    recipe = {**RECIPE, "rank": 8, "lastLayers": 2, "targets": ["q", "v", "o", "gate", "down"], "learningRate": 1e-3, "epochs": epochs,
              "batchRows": 7, "maxLength": 128, "evaluateEverySteps": 2, **noise}
    task = {"model": model, "train": [rows], "validation": [rows], "tokens": {"train": tokens, "validation": tokens}, "recipe": recipe, **more}
    built_in, _, events = worker.run(folder / "worker", "train", task)
    work = Work(folder / "torch", task)
    assert work.run() == 0
    steps = {event["step"]["step"]: event["step"] for event in events if event["event"] == "step"}
    assert worst(steps, work.steps) < 1e-4
    for step, told in steps.items():
        assert math.isclose(told["gradientNorm"], work.steps[step]["gradientNorm"], rel_tol=1e-4)
        assert told["labelTokens"] == work.steps[step]["labelTokens"]
    for key in ("bestStep", "steps", "plannedSteps"):
        assert work.result["training"].get(key) == built_in["training"].get(key)
    left = [[event["validation"].get("left") for event in told if event["event"] == "validation"] for told in (events, work.events)]
    assert left[0] == pytest.approx(left[1], rel=1e-4) if "enough" in more else set(left[0] + left[1]) == {None}
    name = "model.safetensors" if recipe["method"] == "full" else "adapter_model.safetensors"
    left, right = (load_file(folder / engine / "adapter" / name) for engine in ("worker", "torch"))
    assert left.keys() == right.keys()
    # What the built-in worker makes of the other engine's adapter is what that engine measured.
    served = {**model, "adapters": [{"path": str(folder / "torch" / "adapter"), "sha256": work.result["training"]["adapter"]["sha256"]}]}
    told, _, _ = worker.run(folder / "evaluate", "evaluate", {
        "model": served, "sets": [{"name": "all", "files": [rows], "maxNewTokens": 0}], "maxLength": 128})
    assert abs(told["evaluations"]["all"]["figures"]["loss"] - work.result["training"]["validationLoss"]) < 1e-3
    return torch.cat([(left[name] - right[name]).abs().flatten() for name in left])


@pytest.mark.parametrize("noise", [pytest.param({}, marks=pytest.mark.long), NOISE], ids=["plain", "noise"])
def test_both_engines_train_a_small_model_alike(smol, tiny, tmp_path, noise):
    assert train_on_both(tiny, smol, tmp_path, 1.0, noise).max() < 1e-5


@pytest.mark.parametrize("measure", ["loss", "wrong-answers"])
def test_both_engines_end_alike_where_nothing_is_left_to_gain(smol, tiny, tmp_path, measure):
    """The bound is met from the start on: the second measurement ends the schedule, and the rate falls over one step."""
    assert train_on_both(tiny, smol, tmp_path, 3.0, {}, enough={"measure": measure, "below": 1e9}).max() < 1e-5
    result = json.loads((tmp_path / "torch" / "result.json").read_text())["training"]
    assert result["steps"] == 3 and result["plannedSteps"] > 5


@pytest.mark.long
def test_both_engines_sweep_alike(smol, tiny, tmp_path):
    _, _, rows, tokens = smol
    recipe = {**RECIPE, "rank": 4, "learningRate": None, "batchRows": 3, "maxLength": 128}
    train = {"model": tiny, "train": [rows], "validation": [], "tokens": {"train": tokens}, "recipe": recipe}
    sweep = {"train": train, "lowest": 1e-5, "highest": 1e-1, "steps": 12}
    built_in, _, _ = worker.run(tmp_path / "worker", "range-test", sweep)
    for ranks in (1, 2):
        work = Work(tmp_path / str(ranks), sweep, ranks=ranks, kind="range-test")
        assert work.run() == 0
        curve = work.result["range"]
        assert curve["learningRates"] == pytest.approx(built_in["range"]["learningRates"], rel=1e-12)
        assert max(abs(a - b) for a, b in zip(curve["losses"], built_in["range"]["losses"])) < 1e-4
        assert curve["losses"][-1] != curve["losses"][0]


# With noise one element of B has a gradient of the size of its rounding, goes the other way, and takes eight of A along (0.0018) where AdamW
# divides by it alone.
@pytest.mark.long
@pytest.mark.parametrize("noise", [{}, {**NOISE, "epsilon": 1e-6}], ids=["plain", "noise"])
def test_both_engines_train_smollm2_alike(smol, tmp_path, noise):
    """Losses are within 2e-6. AdamW divides a gradient by its own size, so where it is of that size single elements of the adapters go other
    ways (6.5e-5 at most without noise); their mean does not (1e-8)."""
    difference = train_on_both(smol[1], smol, tmp_path, 0.5, noise)
    assert difference.mean() < 1e-6 and difference.max() < 5e-4


# Weights of the vocabulary have gradients of the size of their rounding, which AdamW would divide by themselves.
FULL = {"method": "full", "learningRate": 1e-4, "epsilon": 1e-6}


@pytest.mark.long
@pytest.mark.parametrize("last", [{"lastLayers": 2}, {"lastLayers": None}], ids=["two-blocks", "all"])
def test_both_engines_train_every_weight_alike(smol, tiny, tmp_path, last):
    assert train_on_both(tiny, smol, tmp_path, 1.0, {**FULL, **last}).max() < 1e-5


@pytest.mark.long
@pytest.mark.parametrize("method", [{}, FULL], ids=["lora", "full"])
def test_both_engines_go_on_alike_from_what_the_worker_trained(smol, tiny, tmp_path, method):
    _, _, rows, _ = smol
    recipe = {**RECIPE, "rank": 8, "lastLayers": 2, "targets": ["q", "v", "o", "gate", "down"], "epochs": 1.0, "batchRows": 7, "maxLength": 128, **method}
    served, _, _ = worker.run(tmp_path / "served", "train", {"model": tiny, "train": [rows], "validation": [rows], "recipe": recipe})
    start = {"path": str(tmp_path / "served" / "adapter"), "sha256": served["training"]["adapter"]["sha256"]}
    assert train_on_both(tiny, smol, tmp_path, 1.0, {"startDecay": 0.01, **method}, startAdapter=start).max() < 1e-5


FAMILIES = {
    "gemma3": Gemma3TextConfig(head_dim=16, sliding_window=8, query_pre_attn_scalar=16, layer_types=["sliding_attention", "full_attention"] * 2,
                               num_hidden_layers=4),
    "qwen2": Qwen2Config(), "qwen3": Qwen3Config(head_dim=16), "granite": GraniteConfig(embedding_multiplier=6.0, logits_scaling=4.0,
                                                                                      residual_multiplier=0.5, attention_multiplier=0.1),
    "smollm3": SmolLM3Config(num_hidden_layers=4), "olmo2": Olmo2Config(),
}


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_both_engines_train_a_family_alike(smol, tiny, tmp_path, name):
    config, llama = FAMILIES[name], json.loads((pathlib.Path(tiny["basePath"]) / "config.json").read_text())
    for key in ("vocab_size", "hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads", "bos_token_id", "eos_token_id",
                "max_position_embeddings", "tie_word_embeddings"):
        setattr(config, key, llama[key])
    config.num_hidden_layers, config.pad_token_id = min(config.num_hidden_layers, 4), None
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:config.num_hidden_layers]
    torch.manual_seed(7)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "base")
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(pathlib.Path(tiny["basePath"]) / file, tmp_path / "base")
    assert train_on_both(worker.model(tmp_path / "base"), smol, tmp_path, 1.0, {}).max() < 1e-5


def golden_task(smol, tmp_path):
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
    return {"model": model, "startAdapter": {"path": str(start), "sha256": ""}, "train": [], "validation": [],
            "tokens": {"train": ordered}, "recipe": recipe}


@pytest.mark.long
@pytest.mark.parametrize("ranks, parallel", [(1, "replicate"), (2, "replicate"), (2, "shard")])
def test_the_golden_trajectory(smol, tmp_path, ranks, parallel):
    work = Work(tmp_path / "work", golden_task(smol, tmp_path), ranks=ranks, parallel=parallel)
    assert work.run() == 0
    check_golden(work)


def check_golden(work):
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
