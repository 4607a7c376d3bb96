"""Token ids and rendered templates against the real `tokenizers` and `transformers`, over a corpus assembled from this machine."""
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer, pre_tokenizers

ROOT = Path(__file__).resolve().parents[2]
PROBE = Path(os.environ.get("FINETUNED_TEXT_PROBE", ROOT / ".build/release/text-probe"))
MODELS = Path(os.environ.get("FINETUNED_TEST_MODELS", ROOT / "models"))
KINDS = ["gpt2", "gpt2-prefix", "smollm", "llama3", "qwen2", "llama2", "llama2-metaspace", "gemma", "phi3"]
REAL = {"smollm2": "SmolLM2-135M-Instruct.Q4_1.gguf", "gemma3": "gemma3-270m.gguf"}


def probe(*arguments, lines):
    assert PROBE.exists(), f"{PROBE} is absent; run make build, or set FINETUNED_TEXT_PROBE"
    done = subprocess.run([PROBE, *map(str, arguments)], input="\n".join(map(json.dumps, lines)), capture_output=True, text=True,
                          env={**os.environ, "TZ": "UTC"})
    assert done.returncode == 0, done.stderr[-500:]
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def differing(texts, want, got):
    assert len(want) == len(got) == len(texts)
    return [(t, w, g) for t, w, g in zip(texts, want, got) if w != g][:3]


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "corpus.jsonl"
    subprocess.run([sys.executable, ROOT / "tools/make-text-corpus.py", path], check=True)
    lines = [json.loads(line) for line in open(path, encoding="utf-8")]
    assert len(lines) >= 10_000
    return path, lines


@pytest.fixture(scope="session")
def trained(corpus, tmp_path_factory):
    """A tokenizer of each kind with 4,000 tokens, trained on the corpus."""
    out = tmp_path_factory.mktemp("tokenizers")
    subprocess.run([sys.executable, ROOT / "tools/make-tokenizer-fixtures.py", out, "4000", corpus[0]], check=True)
    return out


@pytest.mark.parametrize("kind", KINDS)
def test_ids_of_each_kind(kind, trained):
    rows = json.load(open(trained / f"{kind}.json", encoding="utf-8"))
    assert len(rows) >= 10_000
    texts = [row["text"] for row in rows]
    assert not differing(texts, [row["ids"] for row in rows], probe("encode", trained / kind, lines=texts))
    decoded = probe("decode", trained / kind, lines=[row["ids"] for row in rows])
    assert not differing(texts, [row["decoded"] for row in rows], decoded)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("parses", [False, True])
def test_ids_of_real_models(name, parses, corpus, tmp_path):
    file = MODELS / REAL[name]
    assert file.exists(), f"{file} is absent; run tools/fetch-models.sh"
    from transformers import AutoTokenizer
    AutoTokenizer.from_pretrained(str(MODELS), gguf_file=file.name).save_pretrained(tmp_path)
    reference = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    if name == "smollm2":  # transformers drops the digit splitting of this pre-tokenizer when it converts a GGUF
        reference.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
        reference.save(str(tmp_path / "tokenizer.json"))
    reference.encode_special_tokens = not parses
    texts = corpus[1]
    want = [encoded.ids for encoded in reference.encode_batch(texts, add_special_tokens=False)]
    options = ["parse"] if parses else []
    assert not differing(texts, want, probe("encode", file, *options, lines=texts))
    assert not differing(texts, want, probe("encode", tmp_path, *options, lines=texts))


def test_templates():
    spec = importlib.util.spec_from_file_location("fixtures", ROOT / "tools/make-template-fixtures.py")
    fixtures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fixtures)
    fixtures.freeze()
    templates = {path.stem: path.read_text() for path in sorted((ROOT / "Tests/Fixtures/templates").glob("*.jinja"))}
    if importlib.util.find_spec("trl"):
        templates |= fixtures.templates(everything=True)
    requests = list(fixtures.requests())
    for name, template in templates.items():
        want = [fixtures.render(template, request) for request in requests]
        got = [answer.get("text") for answer in probe("render", lines=[{"template": template, **r} for r in requests])]
        assert not differing([f"{name}: {json.dumps(r['messages'])}" for r in requests], want, got)


@pytest.mark.parametrize("name", [*REAL, *KINDS])
def test_written_tokenizers(name, corpus, trained, tmp_path):
    """What finetuned writes for a Hugging Face folder gives the library the ids and texts of the original."""
    model = MODELS / REAL[name] if name in REAL else trained / name
    probe("export", model, tmp_path, lines=[])
    written = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    texts = corpus[1]
    encoded = [e.ids for e in written.encode_batch(texts, add_special_tokens=False)]
    assert not differing(texts, encoded, probe("encode", model, "parse", lines=texts))
    assert not differing(texts, written.decode_batch(encoded, skip_special_tokens=False), probe("decode", model, lines=encoded))
