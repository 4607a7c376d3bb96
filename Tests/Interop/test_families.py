"""Tiny random models of the families that llama.cpp knows, exported by the worker: llama.cpp computes the losses that transformers computes."""
import json
import math
import pathlib
import shutil

import pytest

import worker

FAMILIES = pathlib.Path(__file__).resolve().parents[1] / "Fixtures" / "families"
KINDS = ["llama", "llama3", "llama-biased", "qwen2", "qwen3", "smollm3", "granite", "phi3", "granitemoehybrid", "granite4-nope", "olmo2", "olmo3", "ministral3", "lfm2",
         "lfm2-older", "gemma4", "gemma4-wide", "phi3-256", "qwen3_5"]
CONTEXTS = {"ministral3": 32}
# llama.cpp rounds every context up to 256, and takes LongRoPE's divisors for long texts where that is beyond the original one: 32 in the tiny model. The other one
# has 256.
LLAMA_KINDS = [kind for kind in KINDS if kind != "phi3"]


def tokenizer(folder, size):
    """A byte-level tokenizer of `size` words, which no test tokenizes with."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    words = [chr(33 + n) for n in range(size - 3)]
    made = Tokenizer(models.BPE(vocab={w: n for n, w in enumerate(words)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(["<pad>", "<s>", "</s>"])
    made.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}))


def base_of(kind, tmp_path):
    """A fixture with a tokenizer, as a folder that can be a base."""
    base = tmp_path / kind
    base.mkdir()
    for name in ["config.json", "model.safetensors"]:
        shutil.copyfile(FAMILIES / kind / name, base / name)
    config = json.loads((base / "config.json").read_text())
    tokenizer(base, config.get("text_config", config)["vocab_size"])
    return base


def exported(kind, form, tmp_path):
    """The folder that the worker exports of a fixture."""
    worker.run(tmp_path / form, "export", {"model": worker.model(base_of(kind, tmp_path)), "format": form, "check": []})
    return tmp_path / form / "export"


def sequences(kind):
    return json.loads((FAMILIES / kind / "expected.json").read_text())["sequences"]


@pytest.mark.parametrize("kind", [*KINDS, "gemma3", "gemma3-wrapped", "gemma4-wrapped", "qwen3_5-wrapped"])
def test_transformers_computes_the_losses_that_it_computed(kind, tmp_path):
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(exported(kind, "huggingface", tmp_path), dtype=torch.float32).eval()
    assert not any("vision" in name for name, _ in model.named_modules())
    for sequence in sequences(kind):
        ids = torch.tensor([sequence["ids"]])
        with torch.no_grad():
            found = torch.nn.functional.cross_entropy(model(ids).logits[0, :-1], ids[0, 1:], reduction="none")
        assert (found - torch.tensor(sequence["losses"])).abs().max() < 1e-3


@pytest.mark.parametrize("kind", ["gemma3-wrapped", "gemma4-wrapped"])
def test_peft_looks_for_the_modules_of_a_wrapped_model_where_they_are_said_to_be(kind):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(FAMILIES / kind)
    assert "model.language_model.layers.0.self_attn.q_proj" in dict(model.named_modules())


def llama_losses(path, kind, **more):
    """What llama.cpp computes of each sequence's tokens."""
    from llama_cpp import Llama

    llama = Llama(str(path), n_ctx=CONTEXTS.get(kind, 64), n_threads=1, verbose=False, logits_all=True, **more)
    for sequence in sequences(kind):
        llama.reset()
        llama.eval(sequence["ids"])
        losses = []
        for place, target in enumerate(sequence["ids"][1:]):
            logits = [float(value) for value in llama.scores[place]]
            top = max(logits)
            losses.append(top + math.log(sum(math.exp(v - top) for v in logits)) - logits[target])
        yield losses


@pytest.mark.parametrize("kind", LLAMA_KINDS)
def test_llama_cpp_computes_the_losses_of_transformers(kind, tmp_path):
    path = exported(kind, "gguf-f16", tmp_path) / "model.gguf"
    for found, sequence in zip(llama_losses(path, kind), sequences(kind)):
        for place, wanted in enumerate(sequence["losses"]):
            # F16 weights and llama.cpp's F16 cache.
            assert abs(found[place] - wanted) < 2e-2 * max(1, wanted), (kind, place)


@pytest.mark.parametrize("targets", [["q", "k", "v", "o", "gate", "up", "down"], ["o"], ["v", "down"]])
@pytest.mark.parametrize("kind", ["lfm2", "lfm2-older", "gemma3-wrapped", "gemma4", "gemma4-wide", "gemma4-wrapped", "qwen3_5", "qwen3_5-wrapped"])
def test_peft_computes_what_the_merged_model_does(kind, targets, tmp_path):
    """Attention and convolutions have modules of one name, and not every layer has every module: peft takes those that were trained."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = base_of(kind, tmp_path)
    rows = worker.write_rows(tmp_path / "rows.jsonl", [("ABC" * n, "DEFGH"[:n] * 2) for n in range(1, 6)])
    recipe = dict(worker.RECIPE, epochs=8.0, learningRate=2e-2, maxLength=32, batchRows=5, targets=targets)
    trained, _, _ = worker.run(tmp_path / "train", "train", {"model": worker.model(base), "train": [rows], "validation": [], "recipe": recipe})
    tuned = worker.model(base, adapters=[trained["training"]["adapter"]["path"]])
    for name, form in [("peft", "peft"), ("merged", "huggingface-f32")]:
        worker.run(tmp_path / name, "export", {"model": tuned, "format": form, "check": [rows]})
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged" / "export", dtype=torch.float32).eval()
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    ids = torch.tensor([sequences(kind)[0]["ids"]])
    with torch.no_grad():
        before = plain(ids).logits
        adapted = PeftModel.from_pretrained(plain, tmp_path / "peft" / "export").eval()
        found, wanted = adapted(ids).logits, merged(ids).logits
    assert (found - wanted).abs().max() < 1e-3
    assert (found - before).abs().max() > 0.05, "the adapter changes nothing"
    modules = {".".join(name.split(".")[-4:-2]) for name, _ in adapted.named_parameters() if "lora_A" in name}
    assert modules == {".".join(name.split(".")[-4:-2]) for name in adapters_of(tmp_path / "peft" / "export")}


def adapters_of(folder):
    """The names of the first factors in a PEFT folder, as peft names its parameters."""
    from safetensors import safe_open

    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        return [name.replace(".weight", ".default.weight") for name in file.keys() if "lora_A" in name]


@pytest.mark.parametrize("kind", [*LLAMA_KINDS, "gpt2"])
def test_llama_cpp_adds_an_exported_adapter_to_the_base(kind, tmp_path):
    """`gguf-lora` beside the base's own GGUF gives what transformers gives with the adapter merged."""
    import torch
    from transformers import AutoModelForCausalLM

    base = base_of(kind, tmp_path)
    rows = worker.write_rows(tmp_path / "rows.jsonl", [("ABC" * n, "DEFGH"[:n] * 2) for n in range(1, 6)])
    recipe = dict(worker.RECIPE, epochs=8.0, learningRate=2e-2, maxLength=32, batchRows=5)
    trained, _, _ = worker.run(tmp_path / "train", "train", {"model": worker.model(base), "train": [rows], "validation": [], "recipe": recipe})
    tuned = worker.model(base, adapters=[trained["training"]["adapter"]["path"]])
    for name, model, form in [("base", worker.model(base), "gguf-f16"), ("lora", tuned, "gguf-lora"), ("merged", tuned, "huggingface-f32")]:
        worker.run(tmp_path / name, "export", {"model": model, "format": form, "check": [rows]})
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged" / "export", dtype=torch.float32).eval()
    path = tmp_path / "base" / "export" / "model.gguf"
    plain = list(llama_losses(path, kind))
    with_adapter = list(llama_losses(path, kind, lora_path=str(tmp_path / "lora" / "export" / "adapter.gguf")))
    for sequence, found, before in zip(sequences(kind), with_adapter, plain):
        ids = torch.tensor([sequence["ids"]])
        with torch.no_grad():
            wanted = torch.nn.functional.cross_entropy(merged(ids).logits[0, :-1], ids[0, 1:], reduction="none")
        found, before = torch.tensor(found), torch.tensor(before)
        assert ((found - wanted).abs() / wanted.clamp(min=1)).max() < 2e-2, kind
        assert (found - before).abs().max() > 0.1, "the adapter changes nothing"
