"""Makes requests of tokens, runs an engine on them, and reads what it wrote."""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import torch
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECIPE = {
    "method": "lora", "rank": 4, "alpha": 8.0, "rsLoRA": True, "targets": ["q", "k", "v", "o", "gate", "up", "down"], "adapterDropout": 0.0,
    "dropout": 0.0, "loraPlusRatio": 4.0, "learningRate": 5e-3, "schedule": "cosine", "warmupRatio": 0.1, "minLearningRateRatio": 0.1,
    "epochs": 2.0, "batchRows": 5, "weightDecay": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "clipNorm": 0.5,
    "labelSmoothing": 0.0, "neftuneAlpha": 0.0, "startDecay": 0.0, "evaluateEverySteps": 3, "checkpointEverySteps": 4, "seed": 17,
}
# Seconds after which something hangs, whatever else the machine does.
PATIENCE = 1800
NOISE = {"dropout": 0.1, "adapterDropout": 0.1, "neftuneAlpha": 5.0, "labelSmoothing": 0.1}
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "Engines" / "torch"), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


def tokens(path, rows, seed):
    """A token file of random rows whose second halves are labels; returns its reference."""
    generator = torch.Generator().manual_seed(seed)
    ids, weights, bounds = [], [], [0]
    for _ in range(rows):
        length = int(torch.randint(6, 30, (1,), generator=generator))
        ids.append(torch.randint(3, 300, (length,), generator=generator))
        weights.append((torch.arange(length) >= length // 2).float())
        bounds.append(bounds[-1] + length)
    save_file({"ids": torch.cat(ids).int(), "weights": torch.cat(weights), "rows": torch.tensor(bounds)}, str(path))
    return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}


class Work:
    """One request in a folder of its own."""

    def __init__(self, folder, task, ranks=1, environment=(), kind="train", patch=None, **compute):
        self.folder, self.patch = folder, patch
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {**ENVIRONMENT, **dict(environment)}
        self.request = {
            "version": 1, "id": folder.name, "directory": str(folder), "threads": 1,
            "compute": {"engine": "test", "ranks": ranks, "attempt": 2, **compute}, "task": {"task": kind, kind: task}}

    def start(self):
        (self.folder / "request.json").write_text(json.dumps(self.request))
        if self.patch is None:
            return nursery.start(self.folder, self.environment)
        # Python runs this before anything else, in every rank.
        (self.folder / "patch").mkdir(exist_ok=True)
        (self.folder / "patch" / "sitecustomize.py").write_text(self.patch)
        path = f"{self.folder / 'patch'}:{self.environment['PYTHONPATH']}"
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen([sys.executable, "-m", "finetuned_torch", str(self.folder / "request.json")], stdin=subprocess.DEVNULL,
                                    env={**self.environment, "PYTHONPATH": path}, stdout=log, stderr=log)

    def run(self):
        """The status by which it left."""
        return self.start().wait(timeout=PATIENCE)

    @property
    def events(self):
        path = self.folder / "events.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def steps(self):
        return {event["step"]["step"]: event["step"] for event in self.events if event["event"] == "step"}

    @property
    def failure(self):
        return [event["failure"] for event in self.events if event["event"] == "failed"][-1]

    @property
    def result(self):
        return json.loads((self.folder / "result.json").read_text())


def worst(left, right, key="loss"):
    """The largest difference between two trajectories of the same steps."""
    assert left and left.keys() == right.keys()
    return max(abs(left[step][key] - right[step][key]) for step in left)


class Started:
    """A process that the nursery started."""

    def __init__(self, pid, ending):
        self.pid, self.ending = pid, ending

    def send_signal(self, number):
        os.kill(self.pid, number)

    def wait(self, timeout):
        """The status by which it left; that of a signal is negative."""
        end = time.monotonic() + timeout
        while not self.ending.exists():
            if time.monotonic() > end:
                raise TimeoutError(f"{self.ending.parent} is at work after {timeout} s")
            time.sleep(0.01)
        return int(self.ending.read_text())


class Nursery:
    """One process that has imported all that is slow, and becomes an engine once more for each request."""

    process = None

    def start(self, folder, environment):
        if self.process is None:
            self.process = subprocess.Popen([sys.executable, __file__], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ending = folder / f"ended-{time.monotonic_ns()}"
        self.process.stdin.write(json.dumps([str(folder), environment, str(ending)]) + "\n")
        self.process.stdin.flush()
        return Started(int(self.process.stdout.readline()), ending)


nursery = Nursery()


def become(folder, environment):
    """What a child of the nursery does: the engine's program, on the request in a folder."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    log = os.open(folder + "/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(environment)
    from finetuned_torch.__main__ import run
    sys.argv = ["finetuned_torch", folder + "/request.json"]
    run()


def nurse():
    """The nursery's own program: a request a line, for which it says the number of a process."""
    import finetuned_torch.work  # noqa: F401, what is slow

    def tell(pid, ending):
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with open(ending + ".part", "w") as file:
            file.write(str(status))
        os.rename(ending + ".part", ending)

    for line in sys.stdin:
        folder, environment, ending = json.loads(line)
        pid = os.fork()
        if pid == 0:
            become(folder, environment)
        threading.Thread(target=tell, args=(pid, ending), daemon=True).start()
        print(pid, flush=True)


if __name__ == "__main__":
    nurse()
