"""Datasets of the Hub: the stand-in against the real huggingface_hub, and ftctl with a real daemon against the stand-in."""
import hashlib
import io
import json
import pathlib
import signal
import sys

import hub as stand_in
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from daemon import Daemon, eventually, folder
from huggingface_hub import HfApi, snapshot_download
from test_hub import Asker, behave, hub, open_uploads  # noqa: F401  (hub is a fixture)

REPOSITORY = "datasets/ann/rows"
SOURCE = "hf:" + REPOSITORY
COMMIT = "1" * 40
CARD = {"license": "mit", "configs": [
    {"config_name": "main", "data_files": [{"split": "train", "path": "main/train-*"}, {"split": "test", "path": "main/test.csv"}]},
    {"config_name": "more", "data_files": "more/*.jsonl"},
]}


def lines(first, count=20):
    return "".join(
        json.dumps({"question": f"q{i}", "answer": "a", "system": "hidden"}) + "\n" for i in range(first, first + count)
    ).encode()


FILES = {
    "main/train-0.jsonl": lines(0), "main/train-1.jsonl": lines(20), "main/train-2.jsonl": lines(40),
    "main/test.csv": b"question,answer\n" + b"".join(b"t%d,a\n" % i for i in range(12)),
    "more/a.jsonl": lines(100), "rows.py": b"raise SystemExit", "cache.pkl": b"pickle", "README.md": b"---\n",
}
TRAIN = ["--config", "main", "--split", "train"]
AS = ["--as", "prompt=question,completion=answer"]


@pytest.fixture
def daemon(tmp_path):
    root = folder(tmp_path / "root")
    (root / "etc/finetuned/finetuned.toml").write_text(f'data.parquet_reader = "{sys.executable}"\n')
    for name in ["p", "other"]:
        (root / f"etc/finetuned/pipelines/{name}.toml").write_text('base = "tiny"\n')
    daemon = Daemon(root)
    yield daemon
    daemon.stop()


@pytest.fixture
def ask(hub, daemon, tmp_path):  # noqa: F811
    stand_in.add(hub.root.path, REPOSITORY, FILES, card=CARD)
    return Asker(hub, daemon, tmp_path / "home")


def fetch(ask, *words, status=0, source=SOURCE, pipeline="p", **more):
    return ask("data", "fetch", source, "--pipeline", pipeline, *words, "--json", status=status, **more)


def judged(ask, answer):
    """The drops of an answer, once each is judged."""
    def look():
        drops = {drop["id"]: drop for drop in ask("drop", "list", "--json")}
        found = [drops[file["drop"]["id"]] for file in answer["files"]]
        return all(drop["state"] not in ("received", "validated") for drop in found) and found
    return eventually(look)


def fetched(ask):
    return [line["path"].split(COMMIT + "/")[1] for line in ask.asked("/" + COMMIT + "/") if line["bytes"]]


def test_the_stand_in_is_what_the_real_client_takes_it_for(hub, ask, tmp_path):  # noqa: F811
    place = pathlib.Path(snapshot_download(
        "ann/rows", repo_type="dataset", endpoint=hub.address, cache_dir=tmp_path / "cache"))
    assert {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()} == FILES
    info = HfApi(endpoint=hub.address).dataset_info("ann/rows", files_metadata=True)
    assert info.id == "ann/rows" and info.card_data.configs[0]["config_name"] == "main"
    assert {sibling.rfilename: sibling.size for sibling in info.siblings} == {
        name: len(data) for name, data in FILES.items()}


def test_the_files_of_a_split_are_dropped_once(hub, ask, daemon):  # noqa: F811
    answer = fetch(ask, *TRAIN, *AS)
    assert [file["path"] for file in answer["files"]] == [f"main/train-{i}.jsonl" for i in range(3)]
    assert answer["commit"] == COMMIT and answer["licence"] == "mit" and not open_uploads(daemon)
    drops = judged(ask, answer)
    assert [(drop["state"], drop["rowsAccepted"]) for drop in drops] == [("stored", 20)] * 3
    for drop, file in zip(drops, answer["files"]):
        assert drop["sha256"] == hashlib.sha256(FILES[file["path"]]).hexdigest()
        assert drop["origin"]["source"] == f"{SOURCE}@{COMMIT}/{file['path']}"
        assert f"{SOURCE}@{COMMIT}/{file['path']}" in ask("drop", "show", drop["id"])
        assert f"{SOURCE}@{COMMIT}/{file['path']}" in ask("data", "show", drop["id"])
    assert all(line["token"] == (line["host"] == "hub") for line in ask.asked())
    # Nothing else is fetched, and nothing again.
    assert sorted(fetched(ask)) == [f"main/train-{i}.jsonl" for i in range(3)]
    again = fetch(ask, *TRAIN, *AS)
    assert [(file["isKnown"], file["drop"]["id"]) for file in again["files"]] == [(True, drop["id"]) for drop in drops]
    assert len(fetched(ask)) == 3
    # A newer commit brings what changed; equal bytes are known as such.
    other = {**FILES, "main/train-2.jsonl": lines(60)}
    stand_in.add(hub.root.path, REPOSITORY, other, commit="2" * 40)
    newer = judged(ask, fetch(ask, *TRAIN, *AS))
    assert [drop["state"] for drop in newer] == ["duplicate", "duplicate", "stored"]
    old = fetch(ask, *TRAIN, *AS, source=SOURCE + "@" + COMMIT)
    assert all(file["isKnown"] for file in old["files"])


def test_what_could_be_several_is_listed(hub, ask):  # noqa: F811
    configs = fetch(ask, status=1)
    assert "--config main" in configs and "--config more" in configs
    splits = fetch(ask, "--config", "main", status=1)
    assert "--split train  3 files" in splits and "--split test" in splits
    assert "There is train, test" in fetch(ask, "--config", "main", "--split", "dev", status=1)
    one = judged(ask, fetch(ask, "--config", "more", *AS))
    assert [drop["rowsAccepted"] for drop in one] == [20]
    file = judged(ask, fetch(ask, *AS, source=SOURCE + ":main/test.csv"))
    assert [drop["rowsAccepted"] for drop in file] == [12]
    fetch(ask, *AS, "--config", "main", source=SOURCE + ":main/test.csv", status=64)
    fetch(ask, source=hub.address + "/ann/model", status=64)
    for name in ["rows.py", "cache.pkl", "none.csv"]:
        assert "hub.choice" in fetch(ask, source=f"{SOURCE}:{name}", status=1)
    assert "main/train-0.jsonl" not in fetched(ask)
    assert "data fetch" in ask("base", "add", SOURCE, status=1)


def test_rows_and_columns_are_cut(hub, ask, daemon):  # noqa: F811
    answer = fetch(ask, *TRAIN, *AS, "--rows", "30", "--columns", "question,answer")
    drops = judged(ask, answer)
    assert [drop["rowsAccepted"] for drop in drops] == [20, 10] and answer["left"] == 1
    assert "main/train-2.jsonl" not in fetched(ask)
    rows = ask("data", "export", "p")
    assert "q29" in rows and "q30" not in rows and "hidden" not in rows
    # The same again is known, with as many rows.
    again = fetch(ask, *TRAIN, *AS, "--rows", "30", "--columns", "question,answer")
    assert [file["isKnown"] for file in again["files"]] == [True, True]
    whole = fetch(ask, *TRAIN, *AS, pipeline="other")
    assert len(whole["files"]) == 3 and not any(file["isKnown"] for file in whole["files"])


def test_a_parquet_split_is_read(hub, ask):  # noqa: F811
    files = {}
    for part in range(2):
        table = pa.table({"prompt": [f"q{part}.{i}" for i in range(15)], "completion": ["a"] * 15, "n": list(range(15))})
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        files[f"data/train-0000{part}-of-00002.parquet"] = buffer.getvalue()
    stand_in.add(hub.root.path, "datasets/ann/table", files, card={})
    answer = fetch(ask, "--columns", "prompt,completion", "--rows", "18", source="hf:datasets/ann/table")
    drops = judged(ask, answer)
    assert [drop["rowsAccepted"] for drop in drops] == [15, 3] and drops[0]["reader"].startswith("pyarrow")
    assert answer["split"] == "train" and answer["config"] == "default"


def test_what_breaks_on_the_way_goes_on_or_is_refused(hub, ask, daemon):  # noqa: F811
    table = pa.table({"prompt": [f"q{i}" for i in range(20_000)], "completion": [hashlib.sha256(b"%d" % i).hexdigest() for i in range(20_000)]})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    data = buffer.getvalue()
    stand_in.add(hub.root.path, "datasets/ann/table", {"train.parquet": data}, card={})
    source = "hf:datasets/ann/table"
    behave(hub, flip=True)
    assert "drop.digest" in fetch(ask, source=source, status=1)
    assert ask("drop", "list", "--json") == []
    behave(hub, shorter=5)
    assert "hub.changed" in fetch(ask, source=source, status=1)
    behave(hub, gated=["datasets/ann/table"])
    closed = fetch(ask, source=source, status=1)
    assert "hub.access" in closed and hub.address + "/datasets/ann/table" in closed
    behave(hub, plain=False)
    assert "hf:datasets/ann/table" in fetch(ask, source="hf:datasets/ann/tabl", status=1)
    assert "hub.offline" in fetch(ask, source=source, status=1, HF_HUB_OFFLINE="1")
    assert "pipeline.unknown" in fetch(ask, source=source, status=1, pipeline="absent")
    assert ask("drop", "list", "--json") == []
    behave(hub, cut=True, busy=1)
    drops = judged(ask, fetch(ask, source=source))
    assert drops[0]["sha256"] == hashlib.sha256(data).hexdigest() and drops[0]["rowsAccepted"] == 20_000


def test_a_killed_client_goes_on_where_it_was(hub, ask, daemon):  # noqa: F811
    text = hashlib.sha256(b"text").hexdigest() * 4096
    data = b"".join(json.dumps({"question": f"{i} {text}", "answer": "a"}).encode() + b"\n" for i in range(256))
    assert len(data) > 64 << 20
    # The name makes it a file of the storage; what it is, its first bytes say.
    stand_in.add(hub.root.path, "datasets/ann/large", {"train.jsonl.gz": data}, card={})
    words = ["data", "fetch", "hf:datasets/ann/large", "--pipeline", "p", *AS, "--json"]
    behave(hub, hold=24 << 20)
    first = ask.begin(*words)
    eventually(lambda: any(int(path.read_text().strip() or 0) > 8 << 20
                           for upload in open_uploads(daemon) for path in upload.glob(".*.count")))
    first.send_signal(signal.SIGKILL)
    first.communicate()
    behave(hub)
    # The branch goes on meanwhile; what was begun stays at its commit.
    stand_in.add(hub.root.path, "datasets/ann/large", {"train.jsonl.gz": b"{}"}, commit="2" * 40)
    answer = ask(*words)
    assert answer["commit"] == COMMIT and len(answer["files"]) == 1
    assert answer["files"][0]["drop"]["sha256"] == hashlib.sha256(data).hexdigest()
    stored = [line["bytes"] for line in ask.asked("train.jsonl.gz") if line["host"] == "storage"]
    assert len(stored) == 2 and stored[1] < len(data) - (8 << 20)
    assert not open_uploads(daemon)
