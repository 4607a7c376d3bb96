"""Memory that is short changes no number: smaller micro-batches, blocks that are computed twice, heads in pieces, bases that are split."""
import pytest

from engine import NOISE, Work, worst
from test_torch import alone, task  # noqa: F401

# A device on which micro-batches of more than `MOST` tokens do not fit, on the rank `RANK` alone.
SHORT = """
import os
from finetuned_torch import losses, memory
real = losses.Loaded.losses
def short(self, ids, *rest):
    if ids.numel() > {most} and os.environ.get("FINETUNED_TORCH_RANK", "0") == "{rank}":
        raise memory.OutOfMemory("CUDA out of memory")
    return real(self, ids, *rest)
losses.Loaded.losses = short
"""
PIECES = "from finetuned_torch import losses\nlosses.LOGITS, losses.FEWEST = 1, 7\n"


def warnings(work):
    return [event["warning"] for event in work.events if event["event"] == "warning"]


@pytest.mark.parametrize("ranks, parallel", [(1, "auto"), pytest.param(2, "replicate", marks=pytest.mark.long), pytest.param(2, "shard", marks=pytest.mark.long)])
def test_memory_that_runs_out_makes_micro_batches_smaller(task, alone, tmp_path, ranks, parallel):  # noqa: F811
    work = Work(tmp_path, task(), ranks=ranks, parallel=parallel, patch=SHORT.format(most=40, rank=ranks - 1))
    assert work.run() == 0, (work.folder / "log").read_text()[-2000:]
    said = warnings(work)
    assert said and all(warning["code"] == "worker.memory" and "Memory ran out" in warning["message"] and warning["remedy"] for warning in said)
    assert worst(alone.steps, work.steps) < 1e-5
    steps = [event["step"]["step"] for event in work.events if event["event"] == "step"]
    assert steps == sorted(set(steps)), "a step was told twice"


def test_a_row_that_does_not_fit_is_named(task, tmp_path):  # noqa: F811
    work = Work(tmp_path, task(), patch=SHORT.format(most=20, rank=0))
    assert work.run() == 70
    failure, last = work.failure, warnings(work)[-1]
    assert failure["code"] == "worker.memory" and " row " in failure["message"] and failure["remedy"], failure
    # What can be done about it was done before.
    assert "computed twice" in last["message"]


def test_blocks_are_computed_twice_where_a_row_needs_it(task, alone, tmp_path):  # noqa: F811
    work, noisy, plain = (Work(tmp_path / name, task(**noise)) for name, noise in (("again", {}), ("noisy", NOISE), ("plain", NOISE)))
    for short in (work, noisy):
        short.request["memoryBytes"] = 1 << 18
    for one in (work, noisy, plain):
        assert one.run() == 0, (one.folder / "log").read_text()[-2000:]
    assert worst(alone.steps, work.steps) < 1e-6 and "blocks computed twice" in work.result["training"]["machine"]
    # What is dropped is dropped again in the same places.
    assert worst(noisy.steps, plain.steps) < 1e-5
    assert "twice" not in plain.result["training"]["machine"]


@pytest.mark.parametrize("ranks, how", [(1, {}), pytest.param(2, {"method": "full", "learningRate": 1e-3}, marks=pytest.mark.long)])
def test_the_head_in_pieces_gives_the_same(task, tmp_path, ranks, how):  # noqa: F811
    smoothed = {"labelSmoothing": 0.1, **how}
    whole, pieces = Work(tmp_path / "whole", task(**smoothed)), Work(tmp_path / "pieces", task(**smoothed), ranks=ranks, parallel="shard", patch=PIECES)
    assert whole.run() == 0 and pieces.run() == 0, (pieces.folder / "log").read_text()[-2000:]
    assert worst(whole.steps, pieces.steps) < 1e-5 and worst(whole.steps, pieces.steps, "gradientNorm") < 1e-4


@pytest.mark.long
@pytest.mark.parametrize("room, split", [(1000, True), (10 ** 9, False)])
def test_a_base_is_split_where_it_does_not_fit(task, alone, tmp_path, room, split):  # noqa: F811
    work = Work(tmp_path, task(), ranks=2, environment={"FINETUNED_TORCH_ROOM_BYTES": str(room)})
    assert work.run() == 0
    assert ("base split" in work.result["training"]["machine"]) == split
    assert worst(alone.steps, work.steps) < 1e-5
