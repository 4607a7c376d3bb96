#!/usr/bin/env python3
"""Generation and scoring beside llama.cpp, on the same file with the same number of threads, in one run.

    .venv-interop/bin/python Benchmarks/generation/run.py [MODEL.gguf] [THREADS]

Greedy, prompts of 64 tokens and 32 new ones. Stop tokens are not looked at by either side (an answer that ends early is counted
with the tokens it has, on both). Three rounds of all sides; prints the median of each figure and of the ratios within a round.
"""
import json
import pathlib
import sys
import tempfile
import time

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Interop"))
import worker  # noqa: E402

path = sys.argv[1] if len(sys.argv) > 1 else worker.require(worker.SMOL, "Run: make models")
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
PROMPT, NEW, MANY, ROUNDS = 64, 32, 64, 3


def prompts(llama):
    """64 prompts of 64 tokens each, as text, from this script's own words; each begins differently."""
    words = pathlib.Path(__file__).read_text().split() * 20
    texts = []
    for index in range(MANY):
        text = f"Story {index}: " + " ".join(words[index * 7:index * 7 + 80])
        overhead = 36  # the chat template's own tokens
        ids = llama.tokenize(text.encode(), add_bos=False)[: PROMPT - overhead]
        texts.append(llama.detokenize(ids).decode(errors="ignore"))
    return texts


def ours(texts, folder):
    """Generates and returns (new tokens, seconds of generating)."""
    task = {"model": worker.model(path), "conversations": [[{"role": "user", "content": t}] for t in texts], "maxNewTokens": NEW,
            "temperature": 0, "topP": 1, "seed": 0}
    result, _, events = worker.run(folder, "generate", task, threads=threads)
    begin = next(e["time"] for e in events if e.get("stage") == "generating")
    end = next(e["time"] for e in events if e["event"] == "result")
    outputs = result["outputs"]
    return sum(o["tokens"] for o in outputs), end - begin, sum(o["promptTokens"] for o in outputs) / len(outputs)


def peer(llama, texts):
    """llama.cpp, one stream: (new tokens/s with the prompts, without them, prompt tokens/s)."""
    new = decoding = prefill = prompt = 0
    for text in texts:
        ids = llama.tokenize(
            f"<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n{text}"
            "<|im_end|>\n<|im_start|>assistant\n".encode(), add_bos=False, special=True)
        llama.reset()
        start = time.perf_counter()
        llama.eval(ids)
        prefill += time.perf_counter() - start
        prompt += len(ids)
        start = time.perf_counter()
        for _ in range(NEW):
            llama.eval([llama.sample(temp=0)])
            new += 1
        decoding += time.perf_counter() - start
    return new / (decoding + prefill), new / decoding, prompt / prefill


def scoring(rows, folder):
    """Seconds of scoring a file of rows, and its tokens (those of shared beginnings counted for each row)."""
    _, _, events = worker.run(
        f"{folder}/score", "evaluate",
        {"model": worker.model(path), "sets": [{"name": "s", "files": [rows]}], "maxNewTokens": 0, "maxLength": 512}, threads=threads)
    measured, _, _ = worker.run(f"{folder}/measure", "measure", {"model": worker.model(path), "rows": [rows], "maxLength": 512}, threads=threads)
    begin = next(e["time"] for e in events if e.get("stage") == "scoring s")
    end = next(e["time"] for e in events if e["event"] == "result")
    return end - begin, measured["figures"]["tokens"]


def sgemm():
    best = 0
    for n, k in ((576, 576), (1536, 576), (576, 1536)):
        a, b = numpy.random.rand(1024, k).astype("f"), numpy.random.rand(k, n).astype("f")
        a @ b
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < 0.5:
            a @ b
            count += 1
        best = max(best, 2 * 1024 * n * k * count / (time.perf_counter() - start))
    return best


def one_round(llama, texts, folder):
    """All sides once, one after the other, so that a machine that others use treats them alike."""
    figures = {}
    figures["llama.cpp, one stream, new tokens/s (with its prompts)"], figures["llama.cpp, one stream, new tokens/s (decoding alone)"], \
        figures["llama.cpp, prompt tokens/s"] = peer(llama, texts[:4])
    tokens = seconds = 0
    for index, text in enumerate(texts[:4]):
        t, s, _ = ours([text], f"{folder}/one{index}")
        tokens, seconds = tokens + t, seconds + s
    figures["finetune-worker, one stream, new tokens/s (with its prompts)"] = tokens / seconds
    t, s, mean = ours(texts, f"{folder}/many")
    figures["finetune-worker, 64 prompts together, new tokens/s (with their prompts)"] = t / s
    figures["mean prompt tokens"] = mean
    rows = worker.write_rows(f"{folder}/rows.jsonl", [(text, f"{index} " + texts[-index - 1]) for index, text in enumerate(texts)])
    seconds, tokens = scoring(rows, folder)
    figures["finetune-worker, scoring chat rows, tokens/s (shared beginnings counted for each row)"] = tokens / seconds
    # Plain texts share nothing, and every token carries a loss: the whole model for every token.
    words = pathlib.Path(__file__).read_text().split() * 20
    plain = pathlib.Path(folder) / "plain.jsonl"
    plain.write_text("".join(json.dumps({"id": f"t{i}", "content": {"text": f"{i} " + " ".join(words[i * 31:i * 31 + 90])}, "split": "gate",
                                         "promptKey": str(i), "drop": "d", "line": i + 1}) + "\n" for i in range(32)))
    rate = sgemm()
    seconds, tokens = scoring({"path": str(plain), "sha256": "", "bytes": plain.stat().st_size, "rows": 32}, f"{folder}/plain-run")
    rate = max(rate, sgemm())
    figures["finetune-worker, scoring plain texts, tokens/s (nothing shared, every token labelled)"] = tokens / seconds
    get = list(figures.values())
    figures["ratio, one stream"] = get[3] / get[0]
    figures["ratio, 64 prompts against one stream"] = get[4] / get[0]
    figures["ratio, scoring chat rows against prompt evaluation"] = get[6] / get[2]
    figures["ratio, scoring plain texts against prompt evaluation"] = get[7] / get[2]
    figures["scoring plain texts, useful FLOPs over SGEMM's rate in the same round"] = 2 * 134.5e6 * tokens / seconds / rate
    return figures


def main():
    from llama_cpp import Llama

    llama = Llama(str(path), n_ctx=256, n_threads=threads, n_threads_batch=threads, verbose=False)
    texts = prompts(llama)
    rounds = []
    for number in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(one_round(llama, texts, folder))
    print(f"median (lowest to highest) of {ROUNDS} rounds")
    for name in rounds[0]:
        values = sorted(r[name] for r in rounds)
        print(f"{values[len(values) // 2]:10.2f}  ({values[0]:.2f} to {values[-1]:.2f})  {name}")


main()
