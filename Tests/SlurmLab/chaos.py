#!/usr/bin/env python3
"""Runs on a real Slurm cluster of 3 nodes that is broken at random: what is promised must hold all the same.

    chaos.py [RUNS] [SEED]     so many runs (200); fails where a promise is broken, and says which

Troubles: nodes that die, that are cut off, and that freeze; a controller that dies; jobs that are told to leave, taken back, and cancelled;
time limits; a daemon that is killed. Promises: every run ends done (only one whose job somebody cancelled may fail, and names it); no job
is left; no attempt tells anything once the next one has begun; each attempt goes on from the last checkpoint; one version a run.

Programs are taken from .build/release (FINETUNED_BUILD names another folder). Root; slurm-wlm and munge.
"""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Benchmarks" / "control"))
from run import Daemon, eventually  # noqa: E402

OVER = ("promoted", "delivered", "rejected", "inconclusive", "failed", "cancelled")
PIPELINES = 6
PIPELINE = """
engine = "lab"
[trigger]
settle_seconds = 0.05
minimum_new_rows = 1
manual_only = true
[recipe]
learning_rate = 1e-3
[data]
validation_share = 0
gate_share = 0.2
[gates]
require_improvement = false
maximum_rows = 20
"""


class Lab:
    """The cluster, and what is done to it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ftchaos-", dir="/tmp")
        self.ask("up", "3", "net")
        self.cancelled = set()

    def ask(self, *words, check=True):
        done = subprocess.run([HERE / "slurm-lab.sh", self.folder, *words], capture_output=True, text=True, timeout=120)
        assert not check or done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def jobs(self):
        """Names and numbers of the jobs that are not over."""
        return dict(line.split() for line in self.ask("run", "squeue", "-h", "-o", "%j %i", check=False).splitlines())

    def remove(self):
        self.ask("down", check=False)
        subprocess.run(["rm", "-rf", self.folder], check=False)


class Chaos(Daemon):
    """A daemon whose pipelines train on the lab, and that is killed now and then."""

    def __init__(self, lab):
        self.lab, self.lock = lab, threading.Lock()
        super().__init__({f"p{number}": PIPELINE for number in range(PIPELINES)})

    def start(self, cpus=None):
        etc = pathlib.Path(self.root, "etc/finetuned")
        if not (etc / "engines").exists():
            with open(etc / "finetuned.toml", "a") as file:
                file.write("attempts = 100\nsilence_seconds = 120\n")
            (etc / "engines").mkdir()
            via = json.dumps([str(HERE / "slurm-lab.sh"), self.lab.folder, "run"])
            (etc / "engines/lab.toml").write_text(
                f'program = "{HERE / "chaos_engine.py"}"\nlauncher = "slurm"\nnodes = 1\nranks_per_node = 2\nslots = 3\ngrace_seconds = 10\n'
                f'poll_seconds = 1\n[slurm]\ntime = "00:01:00"\nvia = {via}\n')
        super().start(cpus)

    def kill(self):
        with self.lock:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            time.sleep(random.uniform(0, 3))
            self.start()


def trouble(lab, daemon):
    """One trouble, and its end; returns its name."""
    kind = random.choice(["death", "cut", "freeze", "controller", "term", "requeue", "scancel", "daemon"])
    node = f"n{random.randint(1, 3)}"
    pause = random.uniform(1, 12)
    if kind == "death":
        lab.ask("kill", node)
        time.sleep(pause)
        lab.ask("start", node)
    elif kind in ("cut", "freeze"):
        lab.ask(kind, node)
        time.sleep(pause)
        lab.ask({"cut": "mend", "freeze": "thaw"}[kind], node)
    elif kind == "controller":
        lab.ask("controller", "kill")
        time.sleep(pause)
        lab.ask("controller", "start")
    elif kind == "daemon":
        daemon.kill()
    else:
        jobs = lab.jobs()
        if jobs:
            name, number = random.choice(sorted(jobs.items()))
            if kind == "scancel" and random.random() < 0.3:
                lab.cancelled.add(name.split("-", 2)[2].rsplit("-", 1)[0])
                lab.ask("run", "scancel", number, check=False)
            elif kind == "requeue":
                lab.ask("run", "scontrol", "requeue", number, check=False)
            else:
                lab.ask("run", "scancel", "--signal=TERM", number, check=False)
    return kind


def disturb(lab, daemon, stop, counts):
    while not stop.wait(random.uniform(0.5, 4)):
        kind = trouble(lab, daemon)
        counts[kind] = counts.get(kind, 0) + 1


def queue(daemon, pipeline, number):
    """Rows that nobody has seen, and a run on them."""
    source = pathlib.Path(daemon.root, f"rows-{number}.jsonl")
    source.write_text("".join(f'{{"prompt": "Question {number} {row}: what is it?", "completion": "answer {row % 5}"}}\n' for row in range(40)))
    daemon.drop(source, pipeline)
    source.unlink()


def patient(ask):
    """Asks a daemon that may be killed at this moment."""
    for _ in range(600):
        try:
            return ask()
        except (OSError, ValueError):
            time.sleep(0.5)
    raise AssertionError("the daemon does not answer")


def events(daemon, run):
    path = pathlib.Path(daemon.root, "var/lib/finetuned/runs", run, "events.jsonl")
    told = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            told.append(json.loads(line))
        except ValueError:
            pass  # torn by a death
    return told


def broken(daemon, lab, runs):
    """The promises that were broken."""
    said, versions = [], {}
    for run in runs:
        name, state = run["id"], run["state"]
        if state == "failed":
            code = (run.get("cause") or {}).get("code")
            if code != "cluster.cancelled" or name not in lab.cancelled:
                said.append(f"{name} failed: {run.get('cause')}")
            continue
        if state not in ("promoted", "delivered", "rejected", "inconclusive"):
            said.append(f"{name} is {state}")
        if run.get("version"):
            versions.setdefault(run["version"], []).append(name)
        attempt = checkpoint = last = 0
        for event in events(daemon, name):
            number = event.get("attempt", attempt)
            if number < attempt:
                said.append(f"{name}: attempt {number} tells of '{event['event']}' after attempt {attempt} began")
            if number > attempt:
                attempt, last = number, checkpoint
            if event["event"] == "checkpoint":
                checkpoint = event["checkpoint"]
            if event["event"] == "step":
                step = event["step"]["step"]
                # A checkpoint may be on the disk whose event a death kept from being told.
                if step != last + 1 and (step - 1) % 5:
                    said.append(f"{name}: attempt {attempt} is at step {step} after step {last}")
                last = step
        if last != 20:
            said.append(f"{name} ended at step {last}")
    said += [f"the version {version} came of {names}" for version, names in versions.items() if len(names) > 1]
    said += [f"the job {job} was left" for job in lab.jobs()]
    return said


def main(count, seed):
    random.seed(seed)
    lab = Lab()
    daemon, counts, stop = Chaos(lab), {}, threading.Event()
    thread = threading.Thread(target=disturb, args=(lab, daemon, stop, counts), daemon=True)
    began, runs = time.monotonic(), []
    try:
        thread.start()
        queued, busy, stored = 0, {}, {}
        while queued < count or busy:
            for number in range(PIPELINES):
                pipeline = f"p{number}"
                if pipeline in busy:
                    run = patient(lambda: daemon.ask("GET", f"/v1/runs/{busy[pipeline]}"))
                    if run["state"] in OVER and run["state"] != "promoted":
                        runs.append(run)
                        del busy[pipeline]
                elif queued < count:
                    queued += 1
                    stored[pipeline] = stored.get(pipeline, 0) + 1
                    queue(daemon, pipeline, queued)
                    eventually(lambda: patient(lambda: daemon.ask("GET", f"/v1/pipelines/{pipeline}"))["drops"] >= stored[pipeline], 600,
                               "the rows are stored")
                    busy[pipeline] = patient(lambda: daemon.run(pipeline))
            assert time.monotonic() - began < 60 * max(count, 10), f"not over: {busy}"
            time.sleep(1)
        stop.set()
        thread.join()
        eventually(lambda: not lab.jobs(), 120, "no job is left")
        faults = broken(daemon, lab, runs)
        attempts = sum(len({event.get("attempt") for event in events(daemon, run["id"])} - {None}) for run in runs)
        print(f"{len(runs)} runs in {time.monotonic() - began:.0f} s, {attempts} attempts; troubles: {counts}; seed {seed}")
    finally:
        stop.set()
        thread.join(timeout=60)
        if os.environ.get("CHAOS_KEEP"):
            daemon.process.kill()
            lab.ask("down", check=False)
            print(f"kept: {daemon.root}, {lab.folder}")
        else:
            daemon.remove()
            lab.remove()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    sys.exit(main(arguments[0] if arguments else 200, arguments[1] if len(arguments) > 1 else int(time.time())))
