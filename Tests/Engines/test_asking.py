"""Losses and answers of the PyTorch engine: the same for any number of ranks, and those of the built-in worker."""
import json
import signal

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine import PATIENCE, Work
from test_parity import smol, tiny, worker  # noqa: F401
from test_torch import alone, task, until  # noqa: F401

LABELS = ["food", "car", "animal"]


def prompts(path, rows, seed, stops=()):
    """A file of random prompts, some without room for an answer and one without tokens; returns its reference."""
    generator = torch.Generator().manual_seed(seed)
    ids = [torch.randint(3, 300, (int(torch.randint(2, 24, (1,), generator=generator)),), generator=generator) for _ in range(rows)]
    ids[1] = ids[1][:0]
    save_file({"ids": torch.cat(ids).int(), "rows": torch.tensor([0] + [len(row) for row in ids]).cumsum(0),
               "limits": torch.randint(0, 9, (rows,), generator=generator).int(), "stops": torch.tensor(stops, dtype=torch.int32)}, str(path))
    return {"path": str(path), "sha256": "", "bytes": path.stat().st_size}


def asked(folder, task, kind, files, ranks=1, micro=None, **compute):
    environment = {} if micro is None else {"FINETUNED_TORCH_MICRO_TOKENS": micro}
    return Work(folder, {"model": task()["model"] if callable(task) else task, "tokens": files}, ranks=ranks, kind=kind, environment=environment, **compute)


def found(work, number=0):
    """The numbers of a work's file, which its result names by its digest."""
    assert work.run() == 0, (work.folder / "log").read_text()[-3000:]
    reference = work.result["files"][number]
    assert reference["sha256"] and "/" not in reference["path"]
    return load_file(work.folder / reference["path"])


@pytest.fixture(scope="module")
def trained(task, alone):  # noqa: F811
    """The model that `alone` trained."""
    adapter = {"path": str(alone.folder / "adapter"), "sha256": alone.result["training"]["adapter"]["sha256"]}
    return {**task()["model"], "adapters": [adapter]}


def test_ranks_and_batches_change_no_loss_and_no_answer(task, trained, alone, tmp_path):  # noqa: F811
    files = list(task()["tokens"].values())
    questions = [prompts(tmp_path / "prompts.safetensors", 13, 3)]
    lists = lambda found: [found["ids"][a:b].tolist() for a, b in zip(found["rows"].tolist(), found["rows"].tolist()[1:])]  # noqa: E731
    one = found(asked(tmp_path / "s1", trained, "score", files), 1)
    weights = load_file(files[1]["path"])["weights"]
    # It is the adapter that is scored, on the rows that training validated on.
    assert abs(float(one["losses"].sum() / weights.sum()) - alone.result["training"]["validationLoss"]) < 1e-5
    limits = load_file(questions[0]["path"])["limits"].tolist()
    whole = found(asked(tmp_path / "g0", trained, "generate", questions))
    assert whole["stopped"].sum() == 0 and [len(answer) for answer in lists(whole)] == [0 if row == 1 else limit for row, limit in enumerate(limits)]
    # A token that ends an answer is no part of it, and nothing follows.
    stop = whole["ids"].mode().values.item()
    questions = [prompts(tmp_path / "prompts.safetensors", 13, 3, [stop])]
    answers = found(asked(tmp_path / "g1", trained, "generate", questions))
    cut = [answer[:answer.index(stop)] if stop in answer else answer for answer in lists(whole)]
    assert lists(answers) == cut and answers["stopped"].tolist() == [int(stop in answer) for answer in lists(whole)] and answers["stopped"].sum() > 0
    three = found(asked(tmp_path / "s3", trained, "score", files, ranks=3, micro="40"), 1)
    assert (three["losses"] - one["losses"]).abs().max() < 1e-4 and torch.equal(three["correct"], one["correct"])
    others = found(asked(tmp_path / "g2", trained, "generate", questions, ranks=2, micro="60", parallel="shard"))
    assert all(torch.equal(answers[name], others[name]) for name in answers)


@pytest.mark.long
def test_a_base_that_is_split_scores_alike(task, trained, tmp_path):  # noqa: F811
    files = list(task()["tokens"].values())
    whole = found(asked(tmp_path / "whole", trained, "score", files))
    split = found(asked(tmp_path / "split", trained, "score", files, ranks=2, parallel="shard"))
    assert (whole["losses"] - split["losses"]).abs().max() < 1e-4


@pytest.mark.long
def test_adapters_one_upon_another_are_added(task, trained, tmp_path):  # noqa: F811
    files = list(task()["tokens"].values())[:1]
    twice = {**trained, "adapters": trained["adapters"] * 2}
    base, one, two = (found(asked(tmp_path / name, model, "score", files))["losses"].sum()
                      for name, model in (("base", task()["model"]), ("one", trained), ("two", twice)))
    assert len({float(base), float(one), float(two)}) == 3


def test_what_cannot_be_asked_is_named(task, trained, tmp_path):  # noqa: F811
    def refused(name, kind, status, code, model, files):
        work = asked(tmp_path / name, model, kind, files)
        assert work.run() == status, name
        assert work.failure["code"] == code and work.failure["remedy"], work.failure
    files = list(task()["tokens"].values())
    refused("digest", "generate", 65, "dataset.damaged", trained, [{**files[0], "sha256": "0" * 64}])
    refused("adapter", "score", 66, "model.digest", {**trained, "adapters": [{**trained["adapters"][0], "sha256": "0" * 64}]}, files)
    text = Work(tmp_path / "text", {"model": trained, "rows": []}, kind="score")
    assert text.run() == 64, "an engine without a tokenizer"


@pytest.mark.long
def test_asked_to_stop_while_it_answers_it_leaves(task, trained, tmp_path):  # noqa: F811
    many = prompts(tmp_path / "many.safetensors", 4000, 5)
    work = asked(tmp_path / "work", trained, "generate", [many], micro="64")
    process = work.start()
    until(lambda: any(event["event"] == "progress" for event in work.events))
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 75 and work.events[-1]["status"] == 75
    assert not (work.folder / "result.json").exists()


# MARK: Beside the built-in worker

def questions(folder, model, rows, most):
    """What the worker asks about rows: the task of the evaluation, and its two files."""
    file = worker.write_rows(folder / "rows.jsonl", rows)
    labelled = "".join(json.dumps({**json.loads(line), "label": row[1]}) + "\n" for line, row in zip(open(file["path"]), rows))
    (folder / "rows.jsonl").write_text(labelled)
    sets = [{"name": "gate", "files": [{**file, "sha256": "", "bytes": len(labelled)}]}]
    evaluate = {"model": model, "sets": sets, "labels": LABELS, "maxNewTokens": most, "maxLength": 128}
    encoded, _, _ = worker.run(folder / "asked", "encode", {
        "model": {**model, "adapters": []}, "sets": sets, "maxLength": 128, "questions": {"labels": LABELS, "maxNewTokens": most}})
    return evaluate, encoded["files"]


def records(folder, evaluate, numbers):
    """The records that the worker makes of an engine's numbers, and their figures."""
    scores, answers = ({"gate": {**file, "path": path}} for file, path in numbers)
    made, _, _ = worker.run(folder, "records", {"evaluate": evaluate, "scores": scores, "answers": answers})
    return read(made)


def read(made):
    result = made["evaluations"]["gate"]
    return [json.loads(line) for line in open(result["examples"]["path"])], result


def beside(folder, model, staged, rows, most):
    """An evaluation by the worker, and of the same questions by PyTorch."""
    evaluate, (sequences, asking) = questions(folder, model, rows, most)
    own, _, _ = worker.run(folder / "own", "evaluate", evaluate)
    numbers = []
    for kind, file in (("score", sequences), ("generate", asking)):
        work = asked(folder / kind, staged, kind, [file])
        found(work)
        reference = work.result["files"][0]
        numbers.append((reference, str(work.folder / reference["path"])))
    return read(own), records(folder / "records", evaluate, numbers)


def check(own, made, rows):
    (mine, built_in), (theirs, result) = own, made
    assert len(mine) == len(theirs) == rows and built_in["inspection"] == result["inspection"]
    for one, other in zip(mine, theirs):
        assert abs(one["lossSum"] - other["lossSum"]) < 2e-3 * one["tokens"]
        assert {key: one[key] for key in ("row", "tokens", "bytes", "prompt", "reference", "label")} == \
            {key: other[key] for key in ("row", "tokens", "bytes", "prompt", "reference", "label")}
        assert one["labelScores"].keys() == other["labelScores"].keys() == set(LABELS)
    same = sum(one["output"] == other["output"] and one["finish"] == other["finish"] for one, other in zip(mine, theirs))
    assert same >= 0.99 * rows, f"{same} of {rows} answers are equal"
    # What a verdict rests on: which rows are right, and how much is lost on them.
    right = [[row["label"] == max(row["labelScores"], key=row["labelScores"].get) for row in found] for found in (mine, theirs)]
    assert sum(a == b for a, b in zip(*right)) >= 0.99 * rows
    assert abs(built_in["figures"]["loss"] - result["figures"]["loss"]) < 1e-3


def things(count):
    names = [("apple", "food"), ("bread", "food"), ("engine", "car"), ("cat", "animal"), ("wheel", "car"), ("dog", "animal")]
    return [(f"Say food, car or animal: order {i} is about {names[i % 6][0]}", names[i % 6][1]) for i in range(count)]


def test_a_small_model_is_scored_and_answers_alike(tiny, tmp_path):  # noqa: F811
    check(*beside(tmp_path, tiny, tiny, things(24), 6), 24)


@pytest.mark.long
def test_smollm2_scores_and_answers_200_rows_alike(smol, tmp_path):  # noqa: F811
    check(*beside(tmp_path, worker.model(), smol[1], things(200), 8), 200)


@pytest.mark.long
@pytest.mark.parametrize("compute, bar", [({"precision": "bfloat16"}, 0.02), ({"quantise": "nf4"}, 0.1)], ids=["bfloat16", "nf4"])
def test_coarser_weights_stay_near_float32(task, trained, tmp_path, compute, bar):  # noqa: F811
    files = [task()["tokens"]["train"]]
    weight = load_file(files[0]["path"])["weights"].sum()
    exact, coarse = (found(asked(tmp_path / name, trained, "score", files, **how))["losses"].sum() / weight
                     for name, how in (("exact", {}), ("coarse", compute)))
    assert 0 < abs(float(exact - coarse)) < bar
