#!/usr/bin/env python3
"""Generation and scoring beside llama.cpp, on the same file with the same number of threads, in one run.

    .venv-interop/bin/python Benchmarks/generation/run.py [MODEL.gguf] [THREADS]

Greedy, prompts of 64 tokens and 32 new ones. Stop tokens are not looked at by either side (an answer that ends early is counted
with the tokens it has, on both). Prints one figure a line and the ratios.
"""
import json
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Interop"))
import worker  # noqa: E402

path = sys.argv[1] if len(sys.argv) > 1 else worker.require(worker.SMOL, "Run: make models")
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
PROMPT, NEW, MANY = 64, 32, 64


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


def main():
    from llama_cpp import Llama

    llama = Llama(str(path), n_ctx=256, n_threads=threads, n_threads_batch=threads, verbose=False)
    texts = prompts(llama)
    figures = {}
    peer_tokens = peer_seconds = prefill_seconds = prefill_tokens = 0
    for text in texts[:4]:
        ids = llama.tokenize(
            f"<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n{text}"
            "<|im_end|>\n<|im_start|>assistant\n".encode(), add_bos=False, special=True)
        llama.reset()
        start = time.perf_counter()
        llama.eval(ids)
        prefill_seconds += time.perf_counter() - start
        prefill_tokens += len(ids)
        start = time.perf_counter()
        for _ in range(NEW):
            llama.eval([llama.sample(temp=0)])
            peer_tokens += 1
        peer_seconds += time.perf_counter() - start
    single_peer = peer_tokens / (peer_seconds + prefill_seconds)
    figures["llama.cpp, one stream, new tokens/s (with its prompts)"] = single_peer
    figures["llama.cpp, one stream, new tokens/s (decoding alone)"] = peer_tokens / peer_seconds
    figures["llama.cpp, prompt tokens/s"] = prefill_tokens / prefill_seconds
    with tempfile.TemporaryDirectory() as folder:
        tokens = seconds = 0
        for index, text in enumerate(texts[:4]):
            t, s, mean = ours([text], f"{folder}/one{index}")
            tokens, seconds = tokens + t, seconds + s
        figures["finetune-worker, one stream, new tokens/s (with its prompts)"] = tokens / seconds
        t, s, mean = ours(texts, f"{folder}/many")
        figures["finetune-worker, 64 prompts together, new tokens/s (with their prompts)"] = t / s
        figures["mean prompt tokens"] = mean
        rows = worker.write_rows(f"{folder}/rows.jsonl", [(text, f"{index} " + texts[-index - 1]) for index, text in enumerate(texts)])
        _, _, events = worker.run(
            f"{folder}/score", "evaluate",
            {"model": worker.model(path), "sets": [{"name": "s", "files": [rows]}], "maxNewTokens": 0, "maxLength": 512}, threads=threads)
        measured, _, _ = worker.run(
            f"{folder}/measure", "measure", {"model": worker.model(path), "rows": [rows], "maxLength": 512}, threads=threads)
        begin = next(e["time"] for e in events if e.get("stage") == "scoring s")
        end = next(e["time"] for e in events if e["event"] == "result")
        figures["finetune-worker, scoring, tokens/s (shared beginnings counted for each row)"] = measured["figures"]["tokens"] / (end - begin)
    for name, value in figures.items():
        print(f"{value:10.1f}  {name}")
    get = list(figures.values())
    print(f"{get[3] / get[0]:10.2f}  ratio, one stream")
    print(f"{get[4] / get[0]:10.2f}  ratio, 64 prompts against one stream")
    print(f"{get[6] / get[2]:10.2f}  ratio, scoring against prompt evaluation")


main()
