"""The exports, loaded by the programs that people load them with: transformers, peft and llama.cpp."""
import json
import math

import pytest
import torch

import worker

ANIMALS = ["cat", "dog", "cow", "horse", "sheep", "goat", "duck", "goose", "frog", "bee", "wolf", "lion"]
SOUNDS = ["meow", "woof", "moo", "neigh", "baa", "maa", "quack", "honk", "ribbit", "buzz", "howl", "roar"]
PAIRS = [(f"Which sound does the {a} make?", f"The {a} says {s}, {s}!") for a, s in zip(ANIMALS, SOUNDS)]


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    root = tmp_path_factory.mktemp("exports")
    rows = worker.write_rows(root / "rows.jsonl", PAIRS)
    recipe = dict(worker.RECIPE, epochs=10.0)
    trained, _, _ = worker.run(root / "train", "train", {"model": worker.model(), "train": [rows], "validation": [], "recipe": recipe})
    tuned = worker.model(adapters=[trained["training"]["adapter"]["path"]])
    for form in ["peft", "huggingface", "huggingface-f32", "huggingface-f16", "gguf-f16", "gguf-q8_0", "gguf-lora"]:
        worker.run(root / form, "export", {"model": tuned, "format": form, "check": [rows]})
    worker.run(root / "base", "export", {"model": worker.model(), "format": "huggingface-f32", "check": []})
    evaluated, _, _ = worker.run(
        root / "evaluate", "evaluate",
        {"model": tuned, "sets": [{"name": "all", "files": [rows]}], "maxNewTokens": 16, "maxLength": 256})
    records = [json.loads(line) for line in open(evaluated["evaluations"]["all"]["examples"]["path"])]
    return root, records


def encoded(tokenizer):
    """Each row as transformers tokenizes it: ids and the number of prompt ids."""
    for prompt, completion in PAIRS:
        turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": completion}]
        before = tokenizer.apply_chat_template(turns[:1], add_generation_prompt=True, return_dict=False)
        whole = tokenizer.apply_chat_template(turns, return_dict=False)
        assert whole[: len(before)] == before
        yield whole, len(before)


def losses(model, tokenizer):
    result = []
    with torch.no_grad():
        for ids, start in encoded(tokenizer):
            logits = model(torch.tensor([ids])).logits[0].float()
            picked = torch.log_softmax(logits[:-1], -1).gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
            result.append((-picked[start - 1:].sum().item(), len(ids) - start))
    return result


def load(path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(path)


def test_transformers_gives_the_same_losses(exports):
    root, records = exports
    model, tokenizer = load(root / "huggingface-f32" / "export")
    for (loss, tokens), record in zip(losses(model, tokenizer), records):
        assert tokens == record["tokens"]
        assert abs(loss - record["lossSum"]) / tokens < 2e-3


@pytest.mark.parametrize("form,dtype,bound", [("huggingface", torch.bfloat16, 5e-2), ("huggingface-f16", torch.float16, 5e-3)])
def test_transformers_loads_halves_as_they_are_stored(exports, form, dtype, bound):
    """A quantised base is written in bfloat16 where nothing is said."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    root, records = exports
    path = root / form / "export"
    model = AutoModelForCausalLM.from_pretrained(path, dtype="auto")
    assert model.dtype == dtype
    found = losses(model.float().eval(), AutoTokenizer.from_pretrained(path))
    off = [abs(loss - record["lossSum"]) / tokens for (loss, tokens), record in zip(found, records)]
    assert sum(off) / len(off) < bound


def test_llama_cpp_adds_the_adapter_to_the_base(exports):
    """The adapter alone, beside the GGUF that was registered."""
    from llama_cpp import Llama

    root, records = exports
    llama = Llama(
        worker.model()["basePath"], lora_path=str(root / "gguf-lora" / "export" / "adapter.gguf"), n_ctx=512, n_threads=2, verbose=False)
    same = 0
    for (prompt, _), record in zip(PAIRS, records):
        answer = llama.create_chat_completion([{"role": "user", "content": prompt}], temperature=0, max_tokens=16)
        same += answer["choices"][0]["message"]["content"].strip() == record["output"].strip()
    assert same >= len(PAIRS) - 1


def test_transformers_gives_the_same_answers(exports):
    root, records = exports
    model, tokenizer = load(root / "huggingface-f32" / "export")
    for (ids, start), record in zip(encoded(tokenizer), records):
        with torch.no_grad():
            out = model.generate(torch.tensor([ids[:start]]), max_new_tokens=16, do_sample=False)
        assert tokenizer.decode(out[0][start:], skip_special_tokens=True) == record["output"]


def test_peft_gives_the_same_logits(exports):
    from peft import PeftModel

    root, records = exports
    base, tokenizer = load(root / "base" / "export")
    plain = losses(base, tokenizer)
    tuned = PeftModel.from_pretrained(base, str(root / "peft" / "export")).eval()
    for (loss, tokens), (before, _), record in zip(losses(tuned, tokenizer), plain, records):
        assert tokens == record["tokens"]
        assert abs(loss - record["lossSum"]) / tokens < 2e-3
        assert abs(loss - before) > 1e-2, "the adapter changes nothing"
    merged, _ = load(root / "huggingface-f32" / "export")
    ids = torch.tensor([next(encoded(tokenizer))[0]])
    with torch.no_grad():
        assert (tuned(ids).logits - merged(ids).logits).abs().max() < 5e-3


@pytest.mark.parametrize("form", ["gguf-f16", "gguf-q8_0"])
def test_llama_cpp_gives_the_same_text(exports, form, tmp_path):
    from llama_cpp import Llama

    root, records = exports
    path = root / form / "export" / "model.gguf"
    llama = Llama(str(path), n_ctx=512, n_threads=2, verbose=False, logits_all=False)
    same = 0
    for (prompt, _), record in zip(PAIRS, records):
        answer = llama.create_chat_completion([{"role": "user", "content": prompt}], temperature=0, max_tokens=16)
        same += answer["choices"][0]["message"]["content"].strip() == record["output"].strip()
    # F16 keeps every answer; Q8_0 and llama.cpp's own 8-bit activations may turn one near tie.
    assert same >= len(PAIRS) - (0 if form == "gguf-f16" else 1)


def test_llama_cpp_runs_a_gguf_made_of_a_folder(exports, tmp_path):
    """The base is a Hugging Face folder here: shape, tokenizer and template all come from its JSON."""
    from llama_cpp import Llama

    root, records = exports
    rows = worker.write_rows(tmp_path / "rows.jsonl", PAIRS)
    worker.run(tmp_path / "gguf", "export", {"model": worker.model(root / "huggingface-f32" / "export"), "format": "gguf-f16", "check": [rows]})
    llama = Llama(str(tmp_path / "gguf" / "export" / "model.gguf"), n_ctx=512, n_threads=2, verbose=False)
    tokenizer = load_tokenizer(root / "huggingface-f32" / "export")
    for text in ["Hello, world! 12345 déjà vu", "  two spaces\n\n\ttab", "def f(x):\n    return x + 1"]:
        assert llama.tokenize(text.encode(), add_bos=False, special=False) == tokenizer(text, add_special_tokens=False)["input_ids"]
    for (prompt, _), record in zip(PAIRS, records):
        answer = llama.create_chat_completion([{"role": "user", "content": prompt}], temperature=0, max_tokens=16)
        assert answer["choices"][0]["message"]["content"].strip() == record["output"].strip()


def test_full_fine_tuning_exports_to_transformers_and_llama_cpp(tmp_path):
    from llama_cpp import Llama

    rows = worker.write_rows(tmp_path / "rows.jsonl", PAIRS)
    recipe = dict(worker.RECIPE, method="full", lastLayers=4, epochs=12.0, learningRate=2e-4)
    trained, _, _ = worker.run(tmp_path / "train", "train", {"model": worker.model(), "train": [rows], "validation": [], "recipe": recipe})
    tuned = worker.model(adapters=[trained["training"]["adapter"]["path"]])
    evaluated, _, _ = worker.run(
        tmp_path / "evaluate", "evaluate",
        {"model": tuned, "sets": [{"name": "all", "files": [rows]}], "maxNewTokens": 16, "maxLength": 256})
    records = [json.loads(line) for line in open(evaluated["evaluations"]["all"]["examples"]["path"])]
    for form in ["huggingface-f32", "gguf-f16"]:
        worker.run(tmp_path / form, "export", {"model": tuned, "format": form, "check": [rows]})
    model, tokenizer = load(tmp_path / "huggingface-f32" / "export")
    for (loss, tokens), record in zip(losses(model, tokenizer), records):
        assert tokens == record["tokens"]
        assert abs(loss - record["lossSum"]) / tokens < 2e-3
    llama = Llama(str(tmp_path / "gguf-f16" / "export" / "model.gguf"), n_ctx=512, n_threads=2, verbose=False)
    same = 0
    for (prompt, _), record in zip(PAIRS, records):
        answer = llama.create_chat_completion([{"role": "user", "content": prompt}], temperature=0, max_tokens=16)
        same += answer["choices"][0]["message"]["content"].strip() == record["output"].strip()
    assert same >= len(PAIRS) - 1


def load_tokenizer(path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(path)


def test_the_worker_reads_its_own_folder_as_a_base(exports, tmp_path):
    root, records = exports
    rows = worker.write_rows(tmp_path / "rows.jsonl", PAIRS)
    result, _, _ = worker.run(
        tmp_path / "again", "evaluate",
        {"model": worker.model(root / "huggingface-f32" / "export"), "sets": [{"name": "all", "files": [rows]}], "maxNewTokens": 0,
         "maxLength": 256})
    loss = result["evaluations"]["all"]["figures"]["loss"]
    expected = sum(r["lossSum"] for r in records) / sum(r["tokens"] for r in records)
    assert math.isclose(loss, expected, abs_tol=1e-3)
