#!/usr/bin/env python3
"""The first run of a pipeline, from the rename of its file to the promoted model.

usage: first_run.py BUILD [--rows 256] [--asked 80] [--bar 30] [--at 160] [--keep FOLDER]

BUILD is a folder of built programs. A daemon of its own, the quickstart's pipeline (settle 1 s, one epoch),
--rows rows of Debian's sections. Printed: seconds from the rename to `promoted` and of each state between, the rate of SGEMM before and
after, the seconds as they would be where SGEMM gives --at GFLOP/s, and the share of --asked other rows that the promoted model answers
rightly (0.80 of 80 is what Benchmarks/peers/torch_baseline.py reaches on the same rows; one standard error is 0.045). Leaves by 1 where
the run is not promoted, or takes longer than --bar seconds at that rate.
"""
import argparse
import ctypes
import ctypes.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
PIPELINE = """base = "smollm2"
promote = "auto"
[trigger]
settle_seconds = 1.0
[recipe]
learning_rate = 1e-3
epochs = 1
batch_rows = 16
[data]
gate_share = 0.2
[gates]
primary = "accuracy"
max_new_tokens = 8
"""


def sgemm(seconds=1.0):
    """GFLOP/s of OpenBLAS on the widest product of a layer, all cores."""
    blas = ctypes.CDLL(ctypes.util.find_library("openblas") or "libopenblas.so.0")
    m, n, k = 1024, 1536, 576
    a, b, c = ((ctypes.c_float * size)(*([0.5] * size)) for size in (m * k, k * n, m * n))
    number = ctypes.c_float
    def once():
        blas.cblas_sgemm(101, 111, 111, m, n, k, number(1), a, k, b, n, number(0), c, n)
    once()
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        once()
        count += 1
    return 2e-9 * m * n * k * count / (time.perf_counter() - started)


def sections(first, count, path):
    subprocess.run([str(ROOT / "tools/debian_sections.py"), str(path), str(first), str(count)], check=True)
    return [json.loads(line) for line in open(path)]


class Daemon:
    def __init__(self, build, root):
        self.build, self.root = pathlib.Path(build), pathlib.Path(root)
        etc = self.root / "etc/finetuned/pipelines"
        etc.mkdir(parents=True)
        shutil.copy(ROOT / "etc/finetuned/finetuned.toml", etc.parent)
        (etc / "sections.toml").write_text(PIPELINE)
        self.log = open(self.root / "log", "w")
        self.process = subprocess.Popen([self.build / "finetuned", "--root", root], stdout=self.log, stderr=self.log)
        for _ in range(300):
            if subprocess.run([self.build / "ftctl", "status", "--root", root], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        sys.exit(f"The daemon did not start: {(self.root / 'log').read_text()[-2000:]}")

    def ftctl(self, *arguments):
        done = subprocess.run([self.build / "ftctl", *arguments, "--root", str(self.root)], capture_output=True, text=True)
        if done.returncode not in (0, 2):
            sys.exit(f"ftctl {' '.join(arguments)} left with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def run(self):
        runs = json.loads(self.ftctl("runs", "--pipeline", "sections", "--limit", "1", "--json") or "[]")
        return runs[0] if runs else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--asked", type=int, default=80)
    parser.add_argument("--bar", type=float, default=30)
    parser.add_argument("--at", type=float, default=160)
    parser.add_argument("--keep")
    options = parser.parse_args()
    root = options.keep or tempfile.mkdtemp(prefix="ft-")
    os.makedirs(root, exist_ok=True)
    daemon = Daemon(options.build, root)
    try:
        daemon.ftctl("base", "add", str(MODEL), "--id", "smollm2", "--licence", "Apache-2.0")
        file = pathlib.Path(root, "batch.jsonl")
        sections(0, options.rows, file)
        before = sgemm()
        started, states = time.perf_counter(), []
        file.rename(pathlib.Path(root, "var/lib/finetuned/drop/sections/batch.jsonl"))
        while True:
            run = daemon.run()
            state = run["state"] if run else "waiting"
            if not states or states[-1][0] != state:
                states.append((state, time.perf_counter() - started))
            if run and (run.get("finishedAt") or state in ("promoted", "rejected", "failed", "accepted")):
                break
            if daemon.process.poll() is not None:
                sys.exit(f"The daemon left: {pathlib.Path(root, 'log').read_text()[-2000:]}")
            time.sleep(0.1)
        seconds = states[-1][1]
        rate = (before + sgemm()) / 2
        asked = sections(5000, options.asked, pathlib.Path(root, "asked.jsonl"))
        said = json.loads(daemon.ftctl("generate", "sections", *[row["prompt"] for row in asked], "--max-new-tokens", "8", "--json"))
        texts = [output["text"].strip() for output in sorted(said["outputs"], key=lambda output: output["index"])]
        right = sum(text == row["completion"] for text, row in zip(texts, asked)) / len(asked)
        scaled = seconds * rate / options.at
        print(", ".join(f"{state} {at:.1f} s" for state, at in states))
        print(f"{options.rows} rows, {state}: {seconds:.1f} s with SGEMM at {rate:.0f} GFLOP/s, {scaled:.1f} s at {options.at:.0f} (bar "
              f"{options.bar:.0f}); {right:.3f} of {options.asked} other rows answered rightly")
        sys.exit(0 if state == "promoted" and scaled <= options.bar else 1)
    finally:
        daemon.process.terminate()
        daemon.process.wait()
        if not options.keep:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
