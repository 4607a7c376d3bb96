"""Tiny random models of the families that llama.cpp knows, exported by the worker: llama.cpp computes the losses that transformers computes."""
import json
import math
import pathlib
import shutil

import pytest

import worker

FAMILIES = pathlib.Path(__file__).resolve().parents[1] / "Fixtures" / "families"
KINDS = ["llama", "llama3", "llama-biased", "qwen2", "qwen3", "smollm3", "granite"]


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


def exported(kind, form, tmp_path):
    """The folder that the worker exports of a fixture."""
    base = tmp_path / kind
    base.mkdir()
    for name in ["config.json", "model.safetensors"]:
        shutil.copyfile(FAMILIES / kind / name, base / name)
    config = json.loads((base / "config.json").read_text())
    tokenizer(base, config.get("text_config", config)["vocab_size"])
    worker.run(tmp_path / form, "export", {"model": worker.model(base), "format": form, "check": []})
    return tmp_path / form / "export"


def sequences(kind):
    return json.loads((FAMILIES / kind / "expected.json").read_text())["sequences"]


@pytest.mark.parametrize("kind", [*KINDS, "gemma3", "gemma3-wrapped"])
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


def test_peft_looks_for_the_modules_of_a_wrapped_model_where_they_are_said_to_be():
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(FAMILIES / "gemma3-wrapped")
    assert "model.language_model.layers.0.self_attn.q_proj" in dict(model.named_modules())


@pytest.mark.parametrize("kind", KINDS)
def test_llama_cpp_computes_the_losses_of_transformers(kind, tmp_path):
    from llama_cpp import Llama

    path = exported(kind, "gguf-f16", tmp_path) / "model.gguf"
    llama = Llama(str(path), n_ctx=64, n_threads=1, verbose=False, logits_all=True)
    for sequence in sequences(kind):
        llama.reset()
        llama.eval(sequence["ids"])
        for place, wanted in enumerate(sequence["losses"]):
            logits = [float(value) for value in llama.scores[place]]
            top = max(logits)
            found = top + math.log(sum(math.exp(v - top) for v in logits)) - logits[sequence["ids"][place + 1]]
            # F16 weights and llama.cpp's F16 cache.
            assert abs(found - wanted) < 2e-2 * max(1, wanted), (kind, place)
