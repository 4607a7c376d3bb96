"""Each architecture that the engine says it runs: tiny random models are trained, written, read back, and answer."""
import contextlib
import json
import sys

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig

from engine import RECIPE, ROOT, Work, worst
from test_torch import task  # noqa: F401

sys.path.insert(0, str(ROOT / "Engines" / "torch"))
from finetuned_torch.base import find_layers, linear  # noqa: E402
from finetuned_torch.contract import ARCHITECTURES  # noqa: E402
from finetuned_torch.model import Asked, Tuned  # noqa: E402
from finetuned_torch.noise import Noise  # noqa: E402

CPU = torch.device("cpu")
torch.set_num_threads(1)
# What GGUF files call by another name than transformers.
OTHERWISE = {"gemma3": "gemma3_text", "mistral3": "ministral3"}
SIZES = {
    "vocab_size": 300, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 16, "max_position_embeddings": 128, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "ffn_dim": 96, "ffn_hidden_size": 96,
    "n_inner": 96, "num_experts": 4, "num_local_experts": 4, "moe_intermediate_size": 32, "shared_expert_intermediate_size": 32,
    "num_experts_per_tok": 2, "rotary_dim": 8, "linear_num_value_heads": 4, "linear_num_key_heads": 2, "linear_key_head_dim": 16,
    "linear_value_head_dim": 16}
ALWAYS = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings", "bos_token_id", "eos_token_id", "pad_token_id")


def tiny(kind, folder):
    """A random model of two blocks; the last two where they are of several kinds."""
    config = AutoConfig.for_model(kind)
    text = config.get_text_config()
    for key, value in SIZES.items():
        # Some configurations derive what others name.
        if key in ALWAYS or hasattr(text, key):
            with contextlib.suppress(AttributeError):
                setattr(text, key, value)
    if getattr(text, "layer_types", None):
        text.layer_types = text.layer_types[-2:]
    if hasattr(config, "vision_config"):
        for key, value in {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 28,
                           "patch_size": 14}.items():
            setattr(config.vision_config, key, value)
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    return model


def roles(model):
    return sorted({role for found in linear(model, find_layers(model)).values() for role in found})


# The second one sees as well: of it, what reads text is trained.
@pytest.mark.long
@pytest.mark.parametrize("kind", [OTHERWISE.get(name, name) for name in ARCHITECTURES] + ["gemma3"])
def test_a_tiny_model_is_trained_written_and_answers(tmp_path, kind):
    targets = roles(tiny(kind, tmp_path / "base"))
    assert {"q", "k", "v", "o"} <= set(targets)
    reference, recipe = {"basePath": str(tmp_path / "base"), "base": kind, "baseDigest": "", "adapters": []}, {**RECIPE, "targets": targets}
    tuned = Tuned({"model": reference, "recipe": recipe}, {}, Noise(recipe), CPU)
    assert not any("vision" in name for name in tuned.parameters)
    ids = torch.randint(3, 300, (2, 12), generator=torch.Generator().manual_seed(3))
    asked = ids, (torch.tensor([0, 0, 1]), torch.tensor([3, 5, 9])), torch.tensor([5, 7, 9])
    before, _ = tuned.losses(*asked)
    before.sum().backward()
    gradients = {name: p.grad.clone() for name, p in tuned.parameters.items()}
    if tuned.can_compute_again:
        # Blocks that are computed twice give the same gradients.
        tuned.compute_again()
        for p in tuned.parameters.values():
            p.grad = None
        tuned.losses(*asked)[0].sum().backward()
        assert all(torch.allclose(p.grad, gradients[name], atol=1e-6) for name, p in tuned.parameters.items())
    with torch.no_grad():
        for name, p in tuned.parameters.items():
            p.sub_(0.01 * gradients[name].sign())
        after, _ = tuned.losses(*asked)
    assert float(after.sum()) < float(before.detach().sum())
    written = tuned.write(str(tmp_path), tuned.written())
    reader = Asked({**reference, "adapters": [{"path": str(tmp_path / "adapter"), "sha256": written["sha256"]}]}, {}, CPU)
    with torch.no_grad():
        assert (reader.losses(*asked)[0] - after).abs().max() < 1e-4
        plan = GenerationConfig(do_sample=False, max_new_tokens=4, pad_token_id=0, use_cache=True)
        answer = reader.base.generate(input_ids=ids[:1, :9], attention_mask=torch.ones(1, 9, dtype=torch.long), generation_config=plan)
        whole = ids[:1, :9]
        for _ in range(4):
            whole = torch.cat([whole, reader.model(input_ids=whole, use_cache=False).logits[:, -1:].argmax(-1)], 1)
        assert torch.equal(answer, whole)


@pytest.mark.long
def test_dropout_of_a_bases_own_configuration_is_none(task, tmp_path):  # noqa: F811
    """OPT's has 0.1; nothing is dropped but what the recipe asks for, so that ranks and restarts change nothing."""
    targets = roles(tiny("opt", tmp_path / "base"))
    works = []
    for ranks in (1, 2):
        made = task(targets=targets)
        work = Work(tmp_path / str(ranks), {**made, "model": {**made["model"], "basePath": str(tmp_path / "base")}}, ranks=ranks)
        assert work.run() == 0, (work.folder / "log").read_text()[-2000:]
        works.append(work.steps)
    assert worst(*works) < 1e-5


@pytest.mark.parametrize("kind", ["gemma3"])
def test_only_what_reads_text_is_trained(tmp_path, kind):
    model = tiny(kind, tmp_path / "base")
    recipe = {**RECIPE, "method": "full"}
    tuned = Tuned({"model": {"basePath": str(tmp_path / "base"), "base": kind, "baseDigest": "", "adapters": []}, "recipe": recipe}, {}, Noise(recipe), CPU)
    assert tuned.parameters and not any("vision" in name for name in tuned.parameters)
    assert any("vision" in name for name, _ in model.named_parameters())


@pytest.mark.long
def test_what_is_written_is_configured_as_its_base(tmp_path):
    tiny("opt", tmp_path / "base")
    recipe = {**RECIPE, "method": "full"}
    tuned = Tuned({"model": {"basePath": str(tmp_path / "base"), "base": "opt", "baseDigest": "", "adapters": []}, "recipe": recipe}, {}, Noise(recipe), CPU)
    assert tuned.base.config.dropout == 0
    tuned.write(str(tmp_path), tuned.written())
    assert json.loads((tmp_path / "adapter" / "config.json").read_text())["dropout"] == 0.1


def test_layers_that_have_no_role_are_named(task, tmp_path):  # noqa: F811
    tiny("bloom", tmp_path / "base")
    made = task(targets=["q", "v"])
    work = Work(tmp_path / "part", {**made, "model": {**made["model"], "basePath": str(tmp_path / "base")}})
    assert work.run() == 64
    assert "q, k, v are one layer" in work.failure["message"] and "query_key_value" in work.failure["message"]
