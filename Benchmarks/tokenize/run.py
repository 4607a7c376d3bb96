"""Tokens a second on one thread, side by side with the `tokenizers` library, on the same lines in the same run.

usage: PEERS_PYTHON Benchmarks/tokenize/run.py [smollm2|gemma3] [--out FILE.json]
Run with the Python of the peers (Benchmarks/peers/prepare.sh). Each side encodes line by line and gives its best of five passes; the
library's batch call, which spares it Python's overhead for each line, is held to one thread and counts when it is faster.
Ids are compared before anything is timed. The last lines repeat one text 1, 4 and 16 times, to show that cost is linear.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ.update(RAYON_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1")
from tokenizers import Tokenizer, pre_tokenizers  # noqa: E402  (after the thread count is set)

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBE = os.environ.get("FINETUNED_TEXT_PROBE", str(ROOT / ".build/release/text-probe"))
MODELS = pathlib.Path(os.environ.get("FINETUNED_TEST_MODELS", ROOT / "models"))
FILES = {"smollm2": "SmolLM2-135M-Instruct.Q4_1.gguf", "gemma3": "gemma3-270m.gguf"}


def reference(name, folder):
    from transformers import AutoTokenizer
    AutoTokenizer.from_pretrained(str(MODELS), gguf_file=FILES[name]).save_pretrained(folder)
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    if name == "smollm2":  # transformers drops the digit splitting when it converts a GGUF
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.encode_special_tokens = True
    return tokenizer


def best(call, passes=5):
    times = []
    for _ in range(passes):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def library(tokenizer, lines):
    tokens = sum(len(e.ids) for e in tokenizer.encode_batch_fast(lines, add_special_tokens=False))
    single = best(lambda: [tokenizer.encode(line, add_special_tokens=False) for line in lines])
    batch = best(lambda: tokenizer.encode_batch_fast(lines, add_special_tokens=False))
    return tokens, tokens / single, tokens / batch


def ours(model, lines, folder):
    path = folder / "lines.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return json.loads(subprocess.run([PROBE, "bench", model, path], check=True, capture_output=True, text=True).stdout)


def same(model, tokenizer, lines):
    done = subprocess.run([PROBE, "encode", model], input="\n".join(map(json.dumps, lines)), check=True, capture_output=True, text=True)
    return [json.loads(l) for l in done.stdout.split("\n")[:-1]] == [e.ids for e in tokenizer.encode_batch(lines, add_special_tokens=False)]


def texts(folder):
    """Short lines of prose, source code, and text of many languages."""
    corpus = folder / "corpus.jsonl"
    subprocess.run([sys.executable, ROOT / "tools/make-text-corpus.py", corpus], check=True, capture_output=True)
    many = [line for l in open(corpus, encoding="utf-8") for line in json.loads(l).split("\n") if line]
    code = [line for f in sorted(pathlib.Path(os.__file__).parent.glob("*.py"))[:120] for line in f.read_text(errors="ignore").split("\n")]
    prose = folder / "synopsis.jsonl"
    subprocess.run(["python3", ROOT / "tools/debian_synopsis.py", prose, "0", "4000"], check=True, capture_output=True)
    rows = [json.loads(l) for l in open(prose, encoding="utf-8")]
    return {"short lines": [t for r in rows for t in (r["prompt"].replace("\n", " "), r["completion"])], "source code": code, "many languages": many}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name", nargs="?", choices=FILES, default="smollm2")
    parser.add_argument("--out")
    options = parser.parse_args()
    model, results = MODELS / FILES[options.name], []
    with tempfile.TemporaryDirectory() as directory:
        folder = pathlib.Path(directory)
        tokenizer = reference(options.name, directory)
        print(f"{'text':16} {'tokens':>9} {'library':>11} {'its batch':>11} {'finetuned':>11} {'ratio':>6}   tokens/s, one thread")
        sets = texts(folder)
        for name, lines in sets.items():
            if not same(model, tokenizer, lines):
                sys.exit(f"{name}: the ids differ from the library's")
            tokens, single, batch = library(tokenizer, lines)
            figures = ours(model, lines, folder)
            assert figures["tokens"] == tokens, (figures["tokens"], tokens)
            rate = figures["tokensPerSecond"]
            results.append({"text": name, "tokens": tokens, "library": single, "libraryBatch": batch, "finetuned": rate, "ratio": rate / max(single, batch)})
            print(f"{name:16} {tokens:9,} {single:11,.0f} {batch:11,.0f} {rate:11,.0f} {results[-1]['ratio']:6.1f}")
        base = sets["short lines"][:2000]
        for times in (1, 4, 16):
            figures = ours(model, base * times, folder)
            print(f"linear: {times:2} × {len(base)} lines {figures['seconds'] * 1000:8.1f} ms {figures['tokensPerSecond']:12,.0f} tokens/s")
        print(f"load: {figures['loadSeconds'] * 1000:.0f} ms")
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps({"model": options.name, "results": results}, indent=1) + "\n")


main()
