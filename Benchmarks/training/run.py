"""LoRA (or full) fine-tuning side by side: this product's worker, a hand-tuned PyTorch loop, TRL's SFTTrainer. Same rows, same cores.

usage: run.py synopsis|sections|preferences [--rows N] [--full] [--only worker,torch,trl] [--memory MB] [--out FILE.json]

Prints tokens a second (tokens as the rows have them, so that sharing prefixes counts as speed), peak memory, the losses
before and after, and ratios. `preferences` is the same for pairs of answers whose prompts are some ten times as long (descriptions
of packages; the better answer is the package's own synopsis, the worse one another's), beside TRL's DPOTrainer: pairs a second. Every program gets the same rows in the same run. SGEMM is NumPy's OpenBLAS on the layer shapes.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bench  # noqa: E402

ROOT = bench.ROOT
PYTHON = os.environ.get("FINETUNED_PEERS_PYTHON", str(ROOT / ".venv-peers/bin/python"))
HF = ROOT / "models/smollm2-hf"


def python_peer(script, arguments, rows, key):
    done = subprocess.run([PYTHON, str(ROOT / "Benchmarks/peers" / script), *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, "TOKENIZERS_PARALLELISM": "false"})
    lines = [line for line in done.stdout.splitlines() if line.startswith("{") and key in line]
    if done.returncode or not lines:
        sys.exit(f"{script} failed: {done.stderr[-2000:]}")
    return json.loads(lines[-1])


def sgemm():
    code = ("import numpy as np,time,json\nbest=0\nfor n,k in((576,576),(1536,576),(576,1536)):\n"
            "  a=np.random.rand(1024,k).astype('f');b=np.random.rand(k,n).astype('f');a@b\n  t=time.time();c=0\n"
            "  while time.time()-t<1: a@b; c+=1\n  best=max(best,2*1024*n*k*c/(time.time()-t))\nprint(json.dumps({'flops':best}))")
    return json.loads(subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout)["flops"]


def preference_rows(count):
    """Pairs whose prompts have eight to thirteen times the letters of their answers."""
    fits = lambda row, text: 8 <= len(row["prompt"]) / len(text) <= 13
    source = [json.loads(line) for line in open(ROOT / "Benchmarks/data/synopsis.jsonl")]
    source = [row for row in source if fits(row, row["completion"])]
    rows = [{"prompt": row["prompt"], "chosen": row["completion"], "rejected": other["completion"]}
            for row, other in zip(source, source[1:]) if fits(row, other["completion"])]
    return rows[:count]


def preferences(options):
    rows, table = preference_rows(options.rows), {}
    turn = lambda role, text: [{"role": role, "content": text}]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        def measured(name, run):
            before = sgemm()
            table[name] = run()
            table[name]["sgemm"] = (before + sgemm()) / 2
        def worker():
            pairs = [{"prompt": turn("user", r["prompt"]), "chosen": turn("assistant", r["chosen"]),
                      "rejected": turn("assistant", r["rejected"])} for r in rows]
            got = bench.train(pairs, [], folder / "worker", rate=options.rate, batch=options.batch, memory=options.memory, preference={})
            return {"pairs_s": got["whole_rows_per_second"], **{key: got[key] for key in ("peak_mb", "first_loss", "last_loss")}}
        def trl():
            got = python_peer("trl_preferences.py", [HF, folder / "t.jsonl", options.rate, options.batch], rows, "pairs_s")
            return {"peak_mb": got.pop("rss_mb") * 1.048576, **got}
        wanted = options.only.split(",")
        if "worker" in wanted:
            measured("finetune-worker", worker)
        if "trl" in wanted:
            measured("TRL DPOTrainer", trl)
    letters = [sum(len(row[key]) for row in rows) for key in ("prompt", "chosen", "rejected")]
    print(f"{len(rows)} pairs, batch {options.batch}, LoRA r 16 on all linear layers; letters of a prompt for one of an answer: "
          f"{2 * letters[0] / (letters[1] + letters[2]):.1f}")
    print(f"{'':22}{'pairs/s':>10}{'peak MB':>9}{'first loss':>12}{'last':>8}{'SGEMM GFLOP/s':>15}{'worker is':>11}{'at equal SGEMM':>16}{'memory':>8}")
    ours = table.get("finetune-worker")
    for name, row in table.items():
        ratio = ours["pairs_s"] / row["pairs_s"] if ours else 0
        equal = ratio * row["sgemm"] / ours["sgemm"] if ours else 0
        memory = f"1/{row['peak_mb'] / ours['peak_mb']:.1f}" if ours else ""
        print(f"{name:22}{row['pairs_s']:10.2f}{row['peak_mb']:9.0f}{row['first_loss']:12.4f}{row['last_loss']:8.4f}"
              f"{row['sgemm'] / 1e9:15.0f}{ratio:10.2f}x{equal:15.2f}x{memory:>8}")
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(table, indent=1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["synopsis", "sections", "preferences"])
    parser.add_argument("--rows", type=int, default=160)
    parser.add_argument("--held", type=int, default=40)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--memory", type=int, default=512)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--plain", action="store_true", help="rows as plain texts, which share nothing and are labelled throughout; the worker alone")
    parser.add_argument("--only", default="worker,torch,trl")
    parser.add_argument("--out")
    options = parser.parse_args()
    if options.task == "preferences":
        return preferences(options)
    source = [json.loads(line) for line in open(ROOT / f"Benchmarks/data/{options.task}.jsonl")]
    if options.plain:
        source, options.only = [{"text": f"{row['completion']}\n{row['prompt']}"} for row in source], "worker"
    rows, held = source[:options.rows], source[options.rows:options.rows + options.held]
    wanted, table = options.only.split(","), {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, part in (("t.jsonl", rows), ("h.jsonl", held)):
            (folder / file).write_text("".join(json.dumps(row) + "\n" for row in part))
        def measured(name, run):
            """Runs one program, with SGEMM's rate just before and after it: other work on the machine shows there."""
            before = sgemm()
            table[name] = run()
            table[name]["sgemm"] = (before + sgemm()) / 2

        if "worker" in wanted:
            measured("finetune-worker", lambda: bench.train(
                rows, held, folder / "worker", full=options.full, rate=None if options.full else options.rate, batch=options.batch,
                memory=options.memory))
        if "torch" in wanted and not options.full:
            def torch():
                got = python_peer("torch_baseline.py", [HF, folder / "t.jsonl", folder / "h.jsonl", options.rate, 1], rows, "tokens_per_second")
                return {"tokens_per_second": got["tokens_per_second"], "rows_per_second": len(rows) / got["seconds"], "seconds": got["seconds"],
                        "peak_mb": got["peak_rss_mb"] * 1.048576, "loss_before": got["loss_before"], "loss_after": got["loss_after"]}
            measured("PyTorch, hand-tuned", torch)
        if "trl" in wanted:
            def trl():
                got = python_peer("trl_baseline.py", [HF, folder / "t.jsonl", folder / "h.jsonl", 0] + (["full"] if options.full else []), rows, "tok_s")
                return {"tokens_per_second": got["tok_s"], "rows_per_second": got["ex_s"], "seconds": got["train_s"],
                        "peak_mb": got["rss_mb"] * 1.048576, "loss_before": got["loss0"], "loss_after": got["loss1"]}
            measured("TRL SFTTrainer", trl)
    ours = table.get("finetune-worker")
    print(f"{options.task}, {len(rows)} rows, batch {options.batch}, {'full fine-tuning' if options.full else 'LoRA r 16 on all linear layers'}")
    print(f"{'':22}{'tokens/s':>10}{'rows/s':>9}{'peak MB':>9}{'loss before':>13}{'after':>8}{'SGEMM GFLOP/s':>15}{'worker is':>11}{'at equal SGEMM':>16}{'memory':>8}")
    for name, row in table.items():
        ratio = ours["tokens_per_second"] / row["tokens_per_second"] if ours else 0
        equal = ratio * row["sgemm"] / ours["sgemm"] if ours else 0
        memory = f"1/{row['peak_mb'] / ours['peak_mb']:.1f}" if ours else ""
        print(f"{name:22}{row['tokens_per_second']:10.1f}{row['rows_per_second']:9.2f}{row['peak_mb']:9.0f}{row['loss_before'] or 0:13.4f}"
              f"{row['loss_after'] or 0:8.4f}{row['sgemm'] / 1e9:15.0f}{ratio:10.2f}x{equal:15.2f}x{memory:>8}")
    if ours:
        # Useful work: forward, input gradient and, of full fine-tuning, weight gradient: two operations a weight each. The linear layers
        # for every token, the output projection for labelled ones.
        passes = 6 if options.full else 4
        work = passes * (106.2e6 * ours["tokens"] + 28.3e6 * ours["labels"]) / ours["seconds"]
        print(f"model FLOP utilisation {work / ours['sgemm']:.2f}{'' if options.plain else ' (shared prefixes save work, so it may pass 1; --plain shares nothing)'}")
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(table, indent=1))


main()
