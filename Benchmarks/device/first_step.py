#!/usr/bin/env python3
"""How long from `ftctl run --engine` to the first step, beside the same request started by hand; and how late events are told.

    first_step.py [RUNS]          in the environment of `make engines` (FINETUNED_PYTHON of tools/interop.sh), after `make build`

A tiny GPT-NeoX on the PyTorch engine of this repository. Prints one JSON object: seconds of each run, the same request by hand, their ratio (at
most 1.5 is wanted of the later runs; the first one also prepares the base), and how long after its own time each event was heard by
`ftctl run watch --json` (at most 2 s).
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Engines"))
from test_daemon import PROGRAMS, TINY, Sandbox, make_neox, rows  # noqa: E402

OVER = ("promoted", "delivered", "rejected", "inconclusive", "failed")


def times(value):
    """The times of the steps that one line of `ftctl run watch --json` tells of."""
    if isinstance(value, dict):
        if value.get("event") == "step" and "time" in value:
            yield value["time"]
        for inner in value.values():
            yield from times(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from times(inner)


def first_step(path):
    """The time of the first step that a file of events tells of."""
    if path.exists():
        for line in path.read_text().splitlines():
            if '"event": "step"' in line:
                return json.loads(line)["time"]
    return None


class Listener(threading.Thread):
    """Hears what `ftctl run watch` tells of a run."""

    def __init__(self, root, run):
        super().__init__(daemon=True)
        self.lags = []
        self.process = subprocess.Popen([PROGRAMS / "ftctl", "run", "watch", run, "--json"], stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "FINETUNED_ROOT": str(root)})
        self.start()

    def run(self):
        for line in self.process.stdout:
            now = time.time()
            self.lags += [now - told for told in times(json.loads(line))]


def by_hand(sandbox, folder, other):
    """Seconds from the start of the engine to its first step, on the request of a run."""
    request = json.loads((folder / "request.json").read_text())
    text = json.dumps(request).replace(str(folder), str(other))
    (other / "request.json").write_text(text)
    shutil.rmtree(other / "adapter", ignore_errors=True)
    started = time.time()
    process = subprocess.Popen([sandbox.root / "asks.sh", "-m", "finetuned_torch", other / "request.json"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, cwd="/")
    while (found := first_step(other / "events.jsonl")) is None:
        if process.poll() is not None:
            raise RuntimeError(f"by hand the engine left by {process.returncode}")
        time.sleep(0.01)
    process.kill()
    process.wait()
    return found - started


def one(sandbox, number, scratch):
    sandbox.drop("orders", rows(range(120 * number, 120 * number + 120)), f"rows-{number}.jsonl")
    known, started = {run["id"] for run in sandbox.ask("runs")}, []

    def begin():
        started[:] = [time.time()]
        # Until the rows are stored there is nothing to train on.
        return sandbox.ftctl("run", "orders", "--engine", "asks", "--json")[0] == 0

    sandbox.until(begin)
    started = started[0]
    run = sandbox.until(lambda: next((run["id"] for run in sandbox.ask("runs") if run["id"] not in known), None))
    listener, folder = Listener(sandbox.root, run), sandbox.root / "var/lib/finetuned/runs" / run
    step = sandbox.until(lambda: first_step(folder / "events.jsonl"))
    other = scratch / f"by-hand-{number}"
    # The tokens are removed once the run is over.
    shutil.copytree(folder / "tokens", other / "tokens")
    sandbox.until(lambda: sandbox.run(run)["state"] in OVER)
    listener.process.wait()
    listener.join()
    direct = by_hand(sandbox, folder, other)
    return {"to_first_step": round(step - started, 2), "by_hand": round(direct, 2), "ratio": round((step - started) / direct, 2),
            "events": len(listener.lags), "median_lag": round(statistics.median(listener.lags), 3), "largest_lag": round(max(listener.lags), 3)}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="ft-first-", dir="/tmp"))
    sandbox = Sandbox(scratch / "root")
    try:
        neox = make_neox(scratch)
        sandbox.engine("asks")
        pipeline = TINY.replace("settle_seconds = 0.2", "manual_only = true").replace("epochs = 2", "epochs = 8")
        (sandbox.root / "etc/finetuned/pipelines/orders.toml").write_text(pipeline)
        sandbox.start()
        sandbox.until(lambda: "asks" in {engine["name"] for engine in sandbox.ask("engine", "list")})
        status, said = sandbox.ftctl("base", "add", neox, "--id", "neox")
        if status:
            raise RuntimeError(said)
        print(json.dumps({"runs": [one(sandbox, number, scratch) for number in range(count)]}, indent=1))
        sandbox.stop()
    finally:
        if sandbox.daemon and sandbox.daemon.poll() is None:
            sandbox.daemon.kill()
            sandbox.daemon.wait()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
