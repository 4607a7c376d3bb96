"""The PyTorch engine: the same numbers for any number of ranks and after any stop, and a sentence for everything that is wrong."""
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from engine import ENVIRONMENT, NOISE, PATIENCE, RECIPE, Work, tokens, worst


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    folder = tmp_path_factory.mktemp("torch")
    torch.manual_seed(7)
    LlamaForCausalLM(LlamaConfig(
        vocab_size=300, hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=2)).save_pretrained(folder / "base")
    files = {"train": tokens(folder / "train.safetensors", 21, 1), "validation": tokens(folder / "validation.safetensors", 5, 2)}

    def make(pause=None, **recipe):
        model = {"basePath": str(folder / "base"), "base": "tiny", "baseDigest": "", "adapters": []}
        pauses = {} if pause is None else {"pauseAtStep": pause}
        return {"model": model, "train": [], "validation": [], "tokens": files, "recipe": {**RECIPE, **recipe}, **pauses}
    return make


@pytest.fixture(scope="module")
def alone(task, tmp_path_factory):
    work = Work(tmp_path_factory.mktemp("alone"), task())
    assert work.run() == 0
    return work


def until(condition):
    for _ in range(20 * PATIENCE):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


@pytest.mark.parametrize("parallel", [pytest.param("replicate", marks=pytest.mark.long), "shard"])
def test_two_ranks_compute_what_one_does(task, alone, tmp_path, parallel):
    work = Work(tmp_path, task(), ranks=2, parallel=parallel)
    assert work.run() == 0
    assert worst(alone.steps, work.steps) < 1e-5
    assert work.result["training"]["bestStep"] == alone.result["training"]["bestStep"]
    assert not list(tmp_path.glob("rendezvous-*")) and not list(tmp_path.glob("left-*"))


def test_noise_depends_on_neither_ranks_nor_batches(task, alone, tmp_path):
    one, three = (Work(tmp_path / str(ranks), task(**NOISE), ranks=ranks, environment={"FINETUNED_TORCH_MICRO_TOKENS": size})
                  for ranks, size in ((1, "4000"), (3, "40")))
    assert one.run() == 0 and three.run() == 0
    assert worst(one.steps, three.steps) < 1e-5
    assert worst(one.steps, alone.steps) > 1e-2


@pytest.mark.long
def test_full_training_is_the_same_on_two_ranks(task, tmp_path):
    one, two = (Work(tmp_path / str(ranks), task(method="full", learningRate=1e-3), ranks=ranks) for ranks in (1, 2))
    assert one.run() == 0 and two.run() == 0
    assert worst(one.steps, two.steps) < 1e-5
    assert LlamaForCausalLM.from_pretrained(two.folder / "adapter").config.hidden_size == 64


def test_a_run_goes_on_with_another_number_of_ranks(task, alone, tmp_path):
    first = Work(tmp_path, task(pause=3), ranks=2)
    assert first.run() == 0 and first.result["training"]["paused"]
    second = Work(tmp_path, task())
    assert second.run() == 0
    assert worst(alone.steps, second.steps) < 1e-5
    told = [event["step"]["step"] for event in second.events if event["event"] == "step"]
    assert told == sorted(set(told)), "a step was done twice"


@pytest.mark.parametrize("measure", ["loss", "wrong-answers"])
def test_it_ends_where_nothing_is_left_to_gain(task, tmp_path, measure):
    """Both the start and the first measurement lie below the bound: the rate falls over one step, wherever the run paused."""
    def asked(pause=None, below=1e9):
        made = task(pause=pause)
        made["tokens"] = {**made["tokens"], "validation": made["tokens"]["train"]}
        return {**made, "enough": {"measure": measure, "below": below}}

    whole, full = Work(tmp_path / "whole", asked()), Work(tmp_path / "full", asked(below=0))
    assert whole.run() == 0 and full.run() == 0
    training = whole.result["training"]
    assert (training["steps"], training["plannedSteps"]) == (4, 10)
    assert "plannedSteps" not in full.result["training"] and full.result["training"]["steps"] == 10
    assert whole.steps[4]["learningRate"] == pytest.approx(RECIPE["learningRate"] * RECIPE["minLearningRateRatio"])
    left = [event["validation"]["left"] for event in whole.events if event["event"] == "validation"]
    assert len(left) == 3 and all(0 <= value < 1e9 for value in left)
    for pause in (1, 3):
        for stop in (pause, None):
            parts = Work(tmp_path / f"paused-{pause}", asked(stop))
            assert parts.run() == 0
        adapters = [(work.folder / "adapter" / "adapter_model.safetensors").read_bytes() for work in (whole, parts)]
        assert adapters[0] == adapters[1] and parts.result["training"]["steps"] == 4


@pytest.mark.parametrize("ranks", [pytest.param(1, marks=pytest.mark.long), 2])
def test_asked_to_stop_it_writes_a_checkpoint_and_goes_on(task, tmp_path, ranks):
    long = {"epochs": 400.0, "evaluateEverySteps": 1000, "checkpointEverySteps": 1000}
    work = Work(tmp_path / "stopped", task(**long), ranks=ranks)
    process = work.start()
    until(lambda: len(work.steps) >= 2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 75
    assert [event["event"] for event in work.events[-2:]] == ["checkpoint", "ended"]
    assert work.events[-1] == {**work.events[-1], "status": 75, "attempt": 2}
    done = work.events[-2]["checkpoint"]
    more = Work(tmp_path / "stopped", task(pause=done + 2, **long), ranks=3 - ranks)
    whole = Work(tmp_path / "whole", task(pause=done + 2, **long))
    assert more.run() == 0 and whole.run() == 0
    assert worst(whole.steps, more.steps) < 1e-5


def test_the_file_stop_is_heeded(task, tmp_path):
    (tmp_path / "stop").touch()
    work = Work(tmp_path, task())
    assert work.run() == 75 and not work.steps


def test_a_lost_rank_is_named(task, tmp_path):
    work = Work(tmp_path, task(epochs=4000.0, evaluateEverySteps=100000), ranks=2)
    process = work.start()
    until(lambda: work.steps)
    children = open(f"/proc/{process.pid}/task/{process.pid}/children").read().split()
    lost = next(int(child) for child in children if b"FINETUNED_TORCH_RANK=1\0" in open(f"/proc/{child}/environ", "rb").read())
    os.kill(lost, signal.SIGKILL)
    assert process.wait(timeout=PATIENCE) == 74
    assert work.failure["code"] == "engine.peer_lost" and "SIGKILL" in work.failure["message"]
    assert f"Rank 1 on {socket.gethostname()} " in work.failure["message"]
    assert work.events[-1]["event"] == "ended" and work.events[-1]["status"] == 74
    assert all(not os.path.exists(f"/proc/{child}") for child in children)


@pytest.mark.parametrize("ranks", [1, pytest.param(2, marks=pytest.mark.long)])
def test_an_attempt_that_was_given_up_writes_nothing_more(task, tmp_path, ranks):
    work = Work(tmp_path, task(epochs=4000.0, evaluateEverySteps=100000, checkpointEverySteps=5), ranks=ranks)
    (tmp_path / "attempt").write_text("2\n")
    process = work.start()
    until(lambda: work.steps)
    (tmp_path / "attempt").write_text("3\n")
    assert process.wait(timeout=PATIENCE) == 74
    last = max(work.steps)
    told = [event["event"] for event in work.events]
    assert "ended" not in told and "failed" not in told and {event["attempt"] for event in work.events} == {2}
    assert all(event["checkpoint"] <= last for event in work.events if event["event"] == "checkpoint")
    assert not (tmp_path / "result.json").exists()


@pytest.mark.parametrize("found, words", [("2.1.0", "torch is 2.1.0, and 2.11 is the oldest"), (None, "lacks torch")])
def test_a_python_without_the_right_torch_says_so(found, words):
    code = ("import importlib.metadata as m, sys; real = m.version\n"
            "def version(package):\n"
            f"    found = {found!r} if package == 'torch' else real(package)\n"
            "    if found is None: raise m.PackageNotFoundError(package)\n"
            "    return found\n"
            "m.version = version\n"
            "from finetuned_torch.__main__ import main; sys.exit(main(['--describe']))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 1 and words in done.stderr and "install-engine.sh" in done.stderr and not done.stdout


@pytest.mark.parametrize("compute, bar", [
    pytest.param({"precision": "bfloat16"}, 0.02, marks=pytest.mark.long), ({"quantise": "nf4"}, 0.1),
    pytest.param({"quantise": "nf4", "precision": "bfloat16"}, 0.1, marks=pytest.mark.long)], ids=["bfloat16", "nf4", "nf4-bfloat16"])
def test_coarser_weights_train_like_float32(task, tmp_path, compute, bar):
    """Fifty steps at a rate at which the loss falls; at five times the rate it does not, and every difference grows, of whatever size."""
    ordinary = {"learningRate": 1e-3, "epochs": 10.0}
    exact, work = (Work(tmp_path / name, task(**ordinary), **how) for name, how in (("exact", {}), ("coarse", compute)))
    assert exact.run() == 0 and work.run() == 0
    assert len(exact.steps) == 50 and exact.steps[50]["loss"] < exact.steps[1]["loss"] - 0.1
    difference = worst(exact.steps, work.steps)
    print(f"\n{compute}: at most {difference:.2g} from float32 in {len(exact.steps)} steps")
    assert 0 < difference < bar


@pytest.mark.long
def test_compressed_weights_go_on_and_are_refused_where_they_cannot_be(task, tmp_path):
    """A run on nf4 goes on from its checkpoint, and gives an adapter as any other; what does not go with nf4 says so."""
    whole, parts = Work(tmp_path / "whole", task(), quantise="nf4"), Work(tmp_path / "parts", task(pause=3), quantise="nf4")
    assert whole.run() == 0 and parts.run() == 0
    parts.request["task"]["train"].pop("pauseAtStep")
    assert parts.run() == 0 and worst(whole.steps, parts.steps) < 1e-5
    for name, work in {
        "full": Work(tmp_path / "full", task(method="full"), quantise="nf4"),
        "shard": Work(tmp_path / "shard", task(), ranks=2, quantise="nf4", parallel="shard"),
        "absent": Work(tmp_path / "absent", task(), quantise="nf4", patch="import sys\nsys.modules['bitsandbytes'] = None\n"),
    }.items():
        assert work.run() == 64, name
        assert work.failure["code"] in ("compute.quantise", "compute.parallel") and work.failure["remedy"] and "nf4" in work.failure["message"]


def test_what_is_wrong_is_named(task, tmp_path):
    def refused(name, status, code, change, place=None):
        work = Work(tmp_path / name, task())
        change(work)
        assert work.run() == status, name
        assert work.events[-1] == {**work.events[-1], "event": "ended", "status": status}
        assert work.failure["code"] == code and work.failure["remedy"]
        assert place is None or place in work.failure["place"]

    def train(work):
        return work.request["task"]["train"]

    other = tmp_path / "other.safetensors"
    other.write_bytes(b"no tokens")
    damaged = {"path": str(other), "sha256": hashlib.sha256(b"no tokens").hexdigest(), "bytes": 9}
    refused("tokens", 65, "dataset.damaged", lambda w: train(w).update(tokens={"train": damaged}), "other.safetensors")
    refused("digest", 65, "dataset.damaged", lambda w: train(w).update(tokens={"train": {**damaged, "sha256": "0"}}))
    refused("base", 66, "model.unsupported", lambda w: train(w)["model"].update(basePath="/nowhere"), "/nowhere")

    refused("devices", 64, "compute.ranks", lambda w: w.request["compute"].update(device="cuda"), "compute.ranks")

    paused = Work(tmp_path / "mark", task(pause=2))
    assert paused.run() == 0
    refused("mark", 64, "training.checkpoint_mismatch", lambda w: train(w)["recipe"].update(seed=18), "checkpoint.safetensors")
    refused("mark", 64, "training.checkpoint_mismatch", lambda w: w.request["compute"].update(precision="bfloat16"))


def test_a_request_that_cannot_be_read_is_told_on_the_descriptor(tmp_path):
    (tmp_path / "request.json").write_text('{"version": 2}')
    reader, writer = os.pipe()
    done = subprocess.run(
        [sys.executable, "-m", "finetuned_torch", str(tmp_path / "request.json")], pass_fds=[writer], capture_output=True,
        env={**ENVIRONMENT, "FINETUNED_EVENTS_FD": str(writer)})
    os.close(writer)
    events = [json.loads(line) for line in open(reader).read().splitlines()]
    assert done.returncode == 64 and [event["event"] for event in events] == ["failed", "ended"]
    assert events[1]["status"] == 64 and "version" in events[0]["failure"]["place"]


def test_it_describes_itself():
    done = subprocess.run([sys.executable, "-m", "finetuned_torch", "--describe"], capture_output=True, env=ENVIRONMENT, check=True)
    told = json.loads(done.stdout)
    assert told["protocol"] == 1 and told["tasks"] == ["generate", "range-test", "score", "train"] and "torch" in told["versions"] and "preference" not in told["recipe"]
