"""Ranks that Slurm starts on nodes of their own compute what one process does; they meet through the folder, by address."""
import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from engine import ENVIRONMENT, ROOT, Work, worst
from test_parity import GOLDEN, check_golden, golden_task, smol  # noqa: F401
from test_torch import alone, task, until  # noqa: F401

LAB = ROOT / "Tests" / "SlurmLab" / "slurm-lab.sh"
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("slurmctld", path="/usr/sbin:/usr/bin"), reason="needs root and slurm-wlm")


@pytest.fixture(scope="module")
def lab():
    folder = f"/tmp/ftlab-{os.getpid()}"
    subprocess.run([LAB, folder, "up", "3", "net"], check=True, stdout=subprocess.DEVNULL)
    yield folder
    subprocess.run([LAB, folder, "down"], check=False)
    shutil.rmtree(folder, ignore_errors=True)


class Job(Work):
    """One request as a job of so many nodes with a rank each, in the form of the daemon's scripts."""

    def __init__(self, lab, folder, task, nodes, **compute):
        super().__init__(folder, task, ranks=nodes, **compute)
        self.lab, self.nodes = lab, nodes
        # Nodes see nothing of what only this process has.
        self.name = f"ft-test-{folder.name}-2"

    def start(self):
        (self.folder / "attempt").write_text("2\n")
        (self.folder / "request.json").write_text(json.dumps(self.request))
        variables = " ".join(f"{key}='{ENVIRONMENT[key]}'" for key in ("PYTHONPATH", "OMP_NUM_THREADS"))
        script = f"""#!/bin/bash
#SBATCH --job-name={self.name} --nodes={self.nodes} --ntasks-per-node=1 --output={self.folder}/log --open-mode=append --export=NIL
export PATH=/usr/local/bin:/usr/bin:/bin HF_HUB_OFFLINE=1 {variables}
unset SLURM_EXPORT_ENV
export FINETUNED_MEETING={self.name} FINETUNED_TOWARDS=$SLURM_LAUNCH_NODE_IPADDR
srun --kill-on-bad-exit=1 --export=ALL /bin/bash -c '
    export FINETUNED_RANK=$SLURM_PROCID FINETUNED_LOCAL_RANK=$SLURM_LOCALID FINETUNED_LOCAL_RANKS=1
    export FINETUNED_TOWARDS=$SLURM_LAUNCH_NODE_IPADDR
    exec "$@"' rank {sys.executable} -m finetuned_torch {self.folder}/request.json
exit $?
"""
        done = subprocess.run([LAB, self.lab, "run", "sbatch", "--parsable"], input=script, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def slurm(self, *words):
        return subprocess.run([LAB, self.lab, "run", *words], capture_output=True, text=True, check=False).stdout

    def run(self, meanwhile=lambda number: None):
        """The status by which it said that it leaves."""
        number = self.start()
        meanwhile(number)
        for _ in range(3000):
            if self.slurm("squeue", "-h", "-a", "-t", "all", "-j", number, "-o", "%T").strip() in ("COMPLETED", "FAILED", "CANCELLED", "NODE_FAIL"):
                break
            time.sleep(0.2)
        ended = [event["status"] for event in self.events if event["event"] == "ended"]
        assert ended, (self.folder / "log").read_text()[-3000:]
        return ended[-1]


@pytest.mark.parametrize("parallel", [pytest.param("replicate", marks=pytest.mark.long), "shard"])
def test_two_nodes_compute_what_one_process_does(lab, task, alone, tmp_path, parallel):  # noqa: F811
    work = Job(lab, tmp_path, task(), 2, parallel=parallel)
    assert work.run() == 0
    assert worst(alone.steps, work.steps) < 1e-5
    assert not list(tmp_path.glob("rendezvous-*"))


def test_a_job_that_is_stopped_goes_on_on_other_nodes(lab, task, alone, tmp_path):  # noqa: F811
    def stop(number):
        until(lambda: work.steps)
        work.slurm("scancel", "--signal=TERM", number)
    work = Job(lab, tmp_path, task(), 3)
    assert work.run(stop) in (0, 75)
    work = Job(lab, tmp_path, task(), 2)
    assert work.run() == 0
    assert worst(alone.steps, work.steps) < 1e-5
    assert sorted(work.steps) == sorted(alone.steps)


@pytest.fixture(scope="module")
def golden_alone(smol, tmp_path_factory):  # noqa: F811
    """The golden trajectory by one process on this machine, never stopped."""
    folder = tmp_path_factory.mktemp("golden-alone")
    work = Work(folder / "work", golden_task(smol, folder))
    assert work.run() == 0
    return work


def say(what, work, alone):  # noqa: F811
    """The figures of a golden trajectory, for docs/experiments.md: shown by `pytest -rP`."""
    golden = list(zip(GOLDEN["steps"], (step for _, step in sorted(work.steps.items()))))
    loss = max(abs(step["loss"] - known["loss"]) for known, step in golden)
    norm = max(abs(step["gradientNorm"] / known["grad_norm"] - 1) for known, step in golden)
    print(f"{what}: {len(golden)} steps, loss within {loss:.1e} and norms within {norm:.1e} of PyTorch's own; "
          f"loss within {worst(alone.steps, work.steps):.1e} of one process never stopped")


@pytest.mark.long
@pytest.mark.parametrize("parallel", ["replicate", "shard"])
def test_the_golden_trajectory_on_two_nodes(lab, smol, golden_alone, tmp_path, parallel):  # noqa: F811
    work = Job(lab, tmp_path / "work", golden_task(smol, tmp_path), 2, parallel=parallel)
    assert work.run() == 0
    check_golden(work)
    say(f"2 nodes, {parallel}", work, golden_alone)


@pytest.mark.long
@pytest.mark.parametrize("parallel, nodes", [("replicate", (2, 3)), ("shard", (2, 1)), ("shard", (2, 3))])
def test_the_golden_trajectory_goes_on_on_another_number_of_nodes(lab, smol, golden_alone, tmp_path, parallel, nodes):  # noqa: F811
    def stop(number):
        until(lambda: len(work.steps) > 2)
        work.slurm("scancel", "--signal=TERM", number)
    first, second = nodes
    task = golden_task(smol, tmp_path)  # noqa: F811
    work = Job(lab, tmp_path / "work", task, first, parallel=parallel)
    assert work.run(stop) == 75
    stopped_at = max(work.steps)
    assert stopped_at < len(GOLDEN["steps"])
    work = Job(lab, tmp_path / "work", task, second, parallel=parallel)
    assert work.run() == 0
    told = [event["step"]["step"] for event in work.events if event["event"] == "step"]
    assert told == sorted(set(told)), "a step was done twice"
    check_golden(work)
    assert worst(golden_alone.steps, work.steps) < 1e-5
    say(f"{first} nodes, stopped at step {stopped_at}, then {second}, {parallel}", work, golden_alone)
