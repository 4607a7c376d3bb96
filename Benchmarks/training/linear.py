#!/usr/bin/env python3
"""Whether cost grows linearly: LoRA training of 1, 4 and 16 times as many rows, and how long it takes from start to the first step.

usage: linear.py [synopsis|sections] [--rows N] [--memory MB]

Prints rows, tokens, seconds of training, time a token against the smallest run, and peak memory; then the seconds from the start of
the process to the beginning and to the end of the first step of a run whose steps are one row. One run, some four minutes.
"""
import argparse
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bench  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("task", nargs="?", default="synopsis", choices=["synopsis", "sections"])
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--memory", type=int, default=512)
    parser.add_argument("--out")
    options = parser.parse_args()
    source = [json.loads(line) for line in open(bench.ROOT / f"Benchmarks/data/{options.task}.jsonl")]
    table = []
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for factor in (1, 4, 16):
            # Different rows: equal ones would share all their tokens.
            rows = source[:options.rows * factor]
            got = bench.train(rows, [], root / f"x{factor}", memory=options.memory)
            table.append({"factor": factor, "rows": len(rows), "tokens": got["tokens"], "seconds": got["seconds"], "peak_mb": got["peak_mb"]})
        first = bench.train(source[:8], [], root / "first", memory=options.memory, batch=1)
    print(f"{'':>4}{'rows':>8}{'tokens':>9}{'seconds':>10}{'time a token':>14}{'peak MB':>9}")
    base = table[0]["seconds"] / table[0]["tokens"]
    for row in table:
        print(f"{row['factor']:>3}x{row['rows']:8}{row['tokens']:9}{row['seconds']:10.2f}{row['seconds'] / row['tokens'] / base:13.3f}x{row['peak_mb']:9.0f}")
    print(f"{first['first_step_begins']:.2f} s from the start of the process to the first step, {first['first_step_ends']:.2f} s to its end (one row)")
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps({"linear": table, "first": first}, indent=1))


main()
