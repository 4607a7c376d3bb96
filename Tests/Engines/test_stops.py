"""Whatever ends a run, the next start goes on from its checkpoint; and who ended it is named."""
import json
import os
import signal
import socket
import subprocess
import sys

import pytest
from safetensors.torch import save_file

from engine import ENVIRONMENT, PATIENCE, Work, worst
from test_torch import alone, task, until  # noqa: F401

EVERY = 4


def told(work):
    """The steps and checkpoints, in the order in which they were told."""
    return [(event["event"], event["step"]["step"] if event["event"] == "step" else event["checkpoint"])
            for event in work.events if event["event"] in ("step", "checkpoint")]


@pytest.mark.long
@pytest.mark.parametrize("how", ["kill-after", "term-after"])
def test_ended_at_every_step_it_goes_on_with_other_ranks(task, alone, tmp_path, how):  # noqa: F811
    for step in range(1, max(alone.steps)):
        folder, ranks = tmp_path / str(step), ((1, 3), (2, 1), (3, 2))[step % 3]
        first = Work(folder, task(), ranks=ranks[0], environment={"FINETUNED_FAULT": f"{how}:step:{step}"})
        assert first.run() == (75 if how == "term-after" else 74 if ranks[0] > 1 else -signal.SIGKILL)
        before = told(first)
        kept = max([0, *(number for kind, number in before if kind == "checkpoint")])
        assert kept == (step if how == "term-after" else (step - 1) // EVERY * EVERY)
        second = Work(folder, task(), ranks=ranks[1])
        assert second.run() == 0
        assert worst(alone.steps, second.steps) < 1e-5
        # What was done since the checkpoint is repeated, and nothing else.
        again = [number for kind, number in told(second)[len(before):] if kind == "step"]
        assert again == list(range(kept + 1, max(alone.steps) + 1)), (step, again)


def children(process):
    """The ranks that a starter started, {rank: process}."""
    found = {}
    for child in open(f"/proc/{process.pid}/task/{process.pid}/children").read().split():
        for variable in open(f"/proc/{child}/environ", "rb").read().split(b"\0"):
            if variable.startswith(b"FINETUNED_TORCH_RANK="):
                found[int(variable.split(b"=")[1])] = int(child)
    return found


LONG = {"epochs": 4000.0, "evaluateEverySteps": 100000, "checkpointEverySteps": 100000}


@pytest.mark.long
def test_any_rank_may_be_asked_to_stop(task, tmp_path):  # noqa: F811
    work = Work(tmp_path, task(**LONG), ranks=2)
    process = work.start()
    until(lambda: work.steps)
    os.kill(children(process)[1], signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 75
    assert [event["event"] for event in work.events[-2:]] == ["checkpoint", "ended"]
    assert work.events[-2]["checkpoint"] == max(work.steps)


@pytest.mark.parametrize("ranks", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_reader_that_goes_asks_to_stop(task, tmp_path, ranks):  # noqa: F811
    work = Work(tmp_path, task(**LONG), ranks=ranks)
    (tmp_path / "request.json").write_text(json.dumps(work.request))
    reader, writer = os.pipe()
    with open(tmp_path / "log", "ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "finetuned_torch", str(tmp_path / "request.json")], pass_fds=[writer], stdout=log, stderr=log,
                                   env={**ENVIRONMENT, "FINETUNED_EVENTS_FD": str(writer)})
    os.close(writer)
    with os.fdopen(reader) as events:
        while json.loads(events.readline())["event"] != "step":
            pass
    assert process.wait(timeout=PATIENCE) == 75
    assert [event["event"] for event in work.events[-2:]] == ["checkpoint", "ended"]


def placed(work, rank, **variables):
    """One rank, as a scheduler starts it."""
    (work.folder / "request.json").write_text(json.dumps(work.request))
    log = open(work.folder / f"log-{rank}", "ab")
    return subprocess.Popen([sys.executable, "-m", "finetuned_torch", str(work.folder / "request.json")], stdout=log, stderr=log, env={
        **ENVIRONMENT, "FINETUNED_RANK": str(rank), "FINETUNED_LOCAL_RANK": str(rank), "FINETUNED_LOCAL_RANKS": "2", "FINETUNED_MEETING": "m", **variables})


@pytest.mark.parametrize("present, absent", [(0, 1), pytest.param(1, 0, marks=pytest.mark.long)])
def test_a_rank_that_does_not_come_is_named(task, tmp_path, present, absent):  # noqa: F811
    work = Work(tmp_path, task(), ranks=2)
    assert placed(work, present, FINETUNED_TORCH_MEET_SECONDS="2").wait(timeout=PATIENCE) == 74
    said = work.failure["message"] if present == 0 else (tmp_path / "log-1").read_text()
    assert f"Rank {absent} did not come within 2 s" in said
    if present == 0:
        assert work.failure["code"] == "engine.ranks_missing" and work.failure["remedy"] and work.events[-1]["status"] == 74


@pytest.mark.long
@pytest.mark.parametrize("lost", [1, 0])
def test_a_placed_rank_that_dies_is_named_with_host_and_signal(task, tmp_path, lost):  # noqa: F811
    work = Work(tmp_path, task(**LONG), ranks=2)
    ranks = [placed(work, rank) for rank in (0, 1)]
    until(lambda: work.steps)
    os.kill(children(ranks[lost])[lost], signal.SIGKILL)
    assert [rank.wait(timeout=PATIENCE) for rank in ranks] == [74, 74]
    message = work.failure["message"]
    assert f"Rank {lost} " in message and socket.gethostname() in message and "SIGKILL" in message, message
    assert work.events[-1] == {**work.events[-1], "event": "ended", "status": 74}


def test_another_engines_checkpoint_is_refused(task, tmp_path):  # noqa: F811
    import torch
    save_file({"values/x": torch.zeros(1)}, str(tmp_path / "checkpoint.safetensors"), metadata={"fingerprint": "0"})
    work = Work(tmp_path, task())
    assert work.run() == 64
    failure = work.failure
    assert failure["code"] == "training.checkpoint_mismatch" and "another engine's" in failure["message"]
    assert "checkpoint.safetensors" in failure["place"] and "Name the engine that began this run" in failure["remedy"]
