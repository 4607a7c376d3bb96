#!/usr/bin/env python3
"""Runs on a real Slurm cluster of 3 nodes that is broken at random: what is promised must hold all the same.

    chaos.py [RUNS] [SEED]     so many runs (200); fails where a promise is broken, and says which

Troubles: nodes that die, that are cut off, and that freeze; a controller that dies, also in the middle of another trouble; jobs that are
told to leave, taken back, and cancelled; a daemon that is killed; every twentieth run takes longer than its jobs' time limit. Promises:
every run ends done (only one whose job somebody cancelled may fail, and names it); no job is left; no attempt tells anything once the next
one has begun; each attempt goes on from the last checkpoint; one version a run, and no version of nothing.

Programs are taken from .build/release (FINETUNED_BUILD names another folder). Root; slurm-wlm and munge.
"""
import http.client
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
# The pipeline whose runs take longer than a job may.
SLOW, SLOW_EVERY, SLOW_PACE = "slow", 20, 4
PIPELINE = """
engine = "ENGINE"
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
        # A controller that dies as a job starts loses the start; it is to find that soon.
        os.environ["SLURM_LAB_BATCHSTART"] = "10"
        self.ask("up", "3", "net")
        self.cancelled = set()

    def ask(self, *words, check=True):
        done = subprocess.run([HERE / "slurm-lab.sh", self.folder, *words], capture_output=True, text=True, timeout=120)
        assert not check or done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def jobs(self):
        """Names and numbers of the jobs that are not over."""
        return dict(line.split() for line in self.ask("run", "squeue", "-h", "-o", "%j %i", check=False).splitlines())

    def administer(self):
        """What an administrator does now and then: nodes on which Slurm could not start a job are drained, and taken back."""
        drained = self.ask("run", "sinfo", "-h", "-N", "-t", "drain", "-o", "%N", check=False).split()
        if drained:
            self.ask("run", "scontrol", "update", f"NodeName={','.join(sorted(set(drained)))}", "State=RESUME", check=False)

    def remove(self):
        self.ask("down", check=False)
        subprocess.run(["rm", "-rf", self.folder], check=False)


class Chaos(Daemon):
    """A daemon whose pipelines train on the lab, and that is killed now and then."""

    silence = 120

    def __init__(self, lab, pipelines=None):
        self.lab, self.lock = lab, threading.Lock()
        self.pipelines = pipelines or {f"p{number}": "lab" for number in range(PIPELINES)} | {SLOW: SLOW}
        super().__init__({name: PIPELINE.replace("ENGINE", engine) for name, engine in self.pipelines.items()})

    def start(self, cpus=None):
        etc = pathlib.Path(self.root, "etc/finetuned")
        if not (etc / "engines").exists():
            with open(etc / "finetuned.toml", "a") as file:
                file.write(f"attempts = 100\nsilence_seconds = {self.silence}\n")
            (etc / "engines").mkdir()
            for name, text in self.engines().items():
                (etc / f"engines/{name}.toml").write_text(text)
        super().start(cpus)

    def engines(self):
        """One that takes some seconds, and one that takes longer than its jobs may."""
        via = json.dumps([str(HERE / "slurm-lab.sh"), self.lab.folder, "run"])
        slow = pathlib.Path(self.root, "slow-engine")
        slow.write_text(f'#!/bin/sh\nCHAOS_PACE={SLOW_PACE} exec "{HERE / "chaos_engine.py"}" "$@"\n')
        slow.chmod(0o755)
        return {name: f'program = "{program}"\nlauncher = "slurm"\nnodes = 1\nranks_per_node = 2\nslots = {slots}\ngrace_seconds = 10\n'
                      f'poll_seconds = 1\n[slurm]\ntime = "00:01:00"\nvia = {via}\n'
                for name, program, slots in (("lab", HERE / "chaos_engine.py", 3), (SLOW, slow, 1))}

    def kill(self):
        with self.lock:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            time.sleep(random.uniform(0, 3))
            self.start()


def lasting(lab, pause):
    """A trouble that lasts; now and then the controller dies meanwhile, and is back before or after its end."""
    kind = random.choice(["death", "cut", "freeze", "controller"])
    begin, end = {"death": ("kill", "start"), "cut": ("cut", "mend"), "freeze": ("freeze", "thaw"), "controller": ("kill", "start")}[kind]
    what = ["controller", begin] if kind == "controller" else [begin, f"n{random.randint(1, 3)}"]
    back = ["controller", end] if kind == "controller" else [end, what[1]]
    lab.ask(*what)
    too = kind != "controller" and random.random() < 0.25
    if too:
        time.sleep(pause / 3)
        lab.ask("controller", "kill")
    time.sleep(pause)
    ends = [back, ["controller", "start"]] if too else [back]
    random.shuffle(ends)
    for words in ends:
        lab.ask(*words)
    return kind + "+controller" if too else kind


def trouble(lab, daemon):
    """One trouble, and its end; returns its name."""
    kind = random.choice(["lasting"] * 4 + ["term", "term", "requeue", "daemon", random.choice(["scancel", "term"])])
    if kind == "lasting":
        return lasting(lab, random.uniform(1, 12))
    if kind == "daemon":
        daemon.kill()
    else:
        jobs = lab.jobs()
        if jobs:
            name, number = random.choice(sorted(jobs.items()))
            if kind == "scancel":
                lab.cancelled.add(name.split("-", 2)[2].rsplit("-", 1)[0])
                # By its name as well: a controller that died may have given the number to another one meanwhile.
                lab.ask("run", "scancel", f"--name={name}", number, check=False)
            elif kind == "requeue":
                lab.ask("run", "scontrol", "requeue", number, check=False)
            else:
                lab.ask("run", "scancel", "--signal=TERM", number, check=False)
    return kind


class Disturber(threading.Thread):
    """One trouble after the other, until told to end; what goes wrong with it is raised by `over`."""

    def __init__(self, lab, daemon):
        super().__init__(daemon=True)
        self.lab, self.served, self.ends, self.counts, self.error = lab, daemon, threading.Event(), {}, None

    def run(self):
        try:
            while not self.ends.wait(random.uniform(0.5, 4)):
                kind = trouble(self.lab, self.served)
                self.lab.administer()
                self.counts[kind] = self.counts.get(kind, 0) + 1
        except Exception as error:  # whatever it is: the runs would go on undisturbed
            self.error = error

    def over(self):
        self.ends.set()
        self.join()
        if self.error:
            raise self.error


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
        except (OSError, ValueError, http.client.HTTPException):
            time.sleep(0.5)
    raise AssertionError("the daemon does not answer")


def begin(daemon, pipeline):
    """A run on what is stored; one that a killed daemon queued without saying so is found."""
    known = {run["id"] for run in patient(lambda: daemon.runs(pipeline))}

    def ask():
        new = [run["id"] for run in daemon.runs(pipeline) if run["id"] not in known]
        return new[0] if new else daemon.run(pipeline)
    return patient(ask)


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
                if step != last + 1 and (step - 1 < checkpoint or (step - 1) % 5):
                    said.append(f"{name}: attempt {attempt} is at step {step} after step {last}")
                last = step
        if last != 20:
            said.append(f"{name} ended at step {last}")
    said += [f"the version {version} came of {names}" for version, names in versions.items() if len(names) > 1]
    for pipeline in daemon.pipelines:
        promoted = [run for run in runs if run["pipeline"] == pipeline and run["state"] in ("promoted", "delivered")]
        there = [each["version"]["id"] for each in daemon.ask("GET", f"/v1/pipelines/{pipeline}/versions")]
        if sorted(there) != sorted(run.get("version", "none") for run in promoted):
            said.append(f"{pipeline}: {len(promoted)} promoted runs gave {len(there)} versions")
    said += [f"the job {job} was left" for job in lab.jobs()]
    return said


def play(daemon, count):
    """Has so many runs done, one at a time in each pipeline; returns them as they ended."""
    began, queued, busy, stored, runs = time.monotonic(), 0, {}, {}, []
    while queued < count or busy:
        for pipeline in daemon.pipelines:
            if pipeline in busy:
                run = patient(lambda: daemon.ask("GET", f"/v1/runs/{busy[pipeline]}"))
                if run["state"] in OVER and run["state"] != "promoted":
                    runs.append(run)
                    del busy[pipeline]
                    print(f"{time.monotonic() - began:5.0f} s: {len(runs)} of {count} runs are over", file=sys.stderr)
            elif queued < count and (pipeline != SLOW or stored.get(SLOW, 0) < count // SLOW_EVERY):
                queued += 1
                stored[pipeline] = stored.get(pipeline, 0) + 1
                queue(daemon, pipeline, queued)
                eventually(lambda: patient(lambda: daemon.ask("GET", f"/v1/pipelines/{pipeline}"))["drops"] >= stored[pipeline], 600,
                           "the rows are stored")
                busy[pipeline] = begin(daemon, pipeline)
        assert time.monotonic() - began < 60 * max(count, 10), f"not over: {busy}"
        time.sleep(1)
    return runs


def main(count, seed):
    random.seed(seed)
    lab = Lab()
    daemon = Chaos(lab)
    disturber, began = Disturber(lab, daemon), time.monotonic()
    try:
        disturber.start()
        runs = play(daemon, count)
        disturber.over()
        lab.administer()
        try:
            eventually(lambda: not lab.jobs(), 120, "no job is left")
        except RuntimeError:
            print(lab.ask("run", "squeue", "-o", "%i %j %T %r %N %M", check=False), lab.ask("run", "sinfo", "-N", "-l", check=False), sep="\n")
            for record in pathlib.Path(daemon.root, "var/lib/finetuned/cluster").glob("*.json"):
                if any(name in record.read_text() for name in lab.jobs()):
                    print(record.read_text())
        faults = broken(daemon, lab, runs)
        told = [{event.get("attempt") for event in events(daemon, run["id"])} - {None} for run in runs]
        ends = {state: sum(run["state"] == state for run in runs) for state in sorted({run["state"] for run in runs})}
        print(f"{len(runs)} runs in {time.monotonic() - began:.0f} s: {ends}; {sum(map(len, told))} attempts, {max(map(len, told))} at most; "
              f"troubles: {dict(sorted(disturber.counts.items()))}; seed {seed}; {len(faults)} promises broken")
    finally:
        disturber.ends.set()
        disturber.join(timeout=60)
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
