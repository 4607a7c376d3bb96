"""Bases from the Hub: the stand-in against the real huggingface_hub, and ftctl with a real daemon against the stand-in."""
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import urllib.parse

import hub as stand_in
import pytest
import tiny
from daemon import BINARIES, Daemon, eventually, folder
from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import GatedRepoError, RevisionNotFoundError
from test_files import mounted

NEEDED = {"config.json", "tokenizer.json", "tokenizer_config.json", "README.md", "model.safetensors"}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    # Tests ask nobody else; the stand-in is asked although others are told to stay offline.
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    hub = stand_in.Hub(tmp_path / "hub")
    (tmp_path / "hub").mkdir(exist_ok=True)
    yield hub
    hub.stop()


@pytest.fixture
def daemon(tmp_path):
    daemon = Daemon(folder(tmp_path / "root"))
    yield daemon
    daemon.stop()


class Asker:
    """ftctl as somebody with a home folder of his own runs it."""

    def __init__(self, hub, daemon, home):
        self.root, self.home, self.log = daemon.root, home, hub.root.path / "requests.log"
        home.mkdir(exist_ok=True)
        self.environment = {
            **os.environ, "HOME": str(home), "HF_ENDPOINT": hub.address, "HF_TOKEN": "hf_secret",
            "FINETUNED_ROOT": str(daemon.root),
        }

    def command(self, *words):
        return [BINARIES / "ftctl", *map(str, words), "--root", self.root]

    def begin(self, *words, **more):
        return subprocess.Popen(
            self.command(*words), env={**self.environment, **more}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __call__(self, *words, status=0, **more):
        done = subprocess.run(
            self.command(*words), env={**self.environment, **more}, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert "hf_secret" not in done.stdout + done.stderr
        return json.loads(done.stdout) if status == 0 and "--json" in words else done.stdout + done.stderr

    def asked(self, word=""):
        """The requests whose path has the word."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in map(json.loads, lines) if word in line["path"]]


@pytest.fixture
def ask(hub, daemon, tmp_path):
    return Asker(hub, daemon, tmp_path / "home")


def behave(hub, **what):
    (hub.root.path / "behave.json").write_text(json.dumps(what))


def open_uploads(daemon):
    return list((daemon.root / "var/lib/finetuned/uploads").glob("u-*"))


def test_the_stand_in_is_what_the_real_client_takes_it_for(hub, ask, tmp_path):
    files = tiny.files(shards=2) | {"pytorch_model.bin": b"pickle"}
    stand_in.add(hub.root.path, "ann/tiny", files)
    cache = tmp_path / "cache"
    place = snapshot_download("ann/tiny", endpoint=hub.address, cache_dir=cache)
    assert {path.name: path.read_bytes() for path in pathlib.Path(place).iterdir()} == files
    info = HfApi(endpoint=hub.address).model_info("ann/tiny", files_metadata=True)
    for sibling in info.siblings:
        data = files[sibling.rfilename]
        assert sibling.size == len(data)
        if sibling.lfs:
            assert sibling.lfs.sha256 == hashlib.sha256(data).hexdigest()
    with pytest.raises(RevisionNotFoundError):
        HfApi(endpoint=hub.address).model_info("ann/tiny", revision="none")
    behave(hub, gated=["ann/tiny"])
    with pytest.raises(GatedRepoError):
        snapshot_download("ann/tiny", endpoint=hub.address, cache_dir=tmp_path / "other")
    # What the real client left here is read without asking anybody.
    found = ask("base", "find", "--json", HF_HUB_CACHE=str(cache))
    assert [model["source"] for model in found] == [place]
    card = ask("base", "add", "hf:ann/tiny", "--json", HF_HUB_CACHE=str(cache), HF_HUB_OFFLINE="1")
    assert card["source"]["commit"] == "1" * 40 and card["source"]["repository"] == "ann/tiny"
    assert {file["path"] for file in card["source"]["files"]} == set(files) - {"pytorch_model.bin"}


def test_a_base_comes_from_the_hub_with_what_it_needs_and_nothing_else(hub, ask, daemon):
    files = tiny.files() | {"pytorch_model.bin": b"pickle", "onnx/model.onnx": b"other", "notes.txt": b"x"}
    stand_in.add(hub.root.path, "ann/tiny", files)
    dry = ask("base", "add", "hf:ann/tiny", "--dry-run", "--json")
    assert dry["architecture"] == "llama" and dry["licence"] == "apache-2.0" and dry["bytes"] == sum(
        len(files[name]) for name in NEEDED)
    assert not open_uploads(daemon) and ask("base", "list", "--json") == []
    card = ask("base", "add", hub.address + "/ann/tiny", "--json")
    assert card["id"] == "tiny" and card["name"] == "ann/tiny" and card["licence"] == "apache-2.0"
    stated = {file["path"]: file for file in card["source"]["files"]}
    assert set(stated) == NEEDED
    weights = files["model.safetensors"]
    assert stated["model.safetensors"]["sha256"] == hashlib.sha256(weights).hexdigest()
    place = daemon.root / "var/lib/finetuned/bases/tiny"
    assert {path.name for path in place.iterdir()} == NEEDED | {"card.json", "probe.jsonl"}
    assert all((place / name).read_bytes() == files[name] for name in NEEDED)
    assert not open_uploads(daemon)
    fetched = {line["path"].rsplit("/", 1)[1] for line in ask.asked() if line["bytes"] and "api" not in line["path"]}
    assert fetched == NEEDED
    assert all(line["token"] == (line["host"] == "hub") for line in ask.asked())
    assert "is registered already" in ask("base", "add", "hf:ann/tiny", status=1)
    shown = ask("base", "show", "tiny")
    assert "ann/tiny @ " + "1" * 40 in shown


def test_a_killed_client_goes_on_where_it_was(hub, ask, daemon):
    files = tiny.files(width=512, hidden=4096, layers=2)
    weights = files["model.safetensors"]
    assert len(weights) > 48 << 20
    stand_in.add(hub.root.path, "ann/tiny", files)
    behave(hub, hold=24 << 20)
    process = ask.begin("base", "add", "hf:ann/tiny")
    eventually(lambda: any(int(path.read_text().strip() or 0) > 16 << 20
                           for upload in open_uploads(daemon) for path in upload.glob(".*.count")))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    behave(hub)
    # The branch goes on meanwhile; what was begun stays at its commit.
    stand_in.add(hub.root.path, "ann/tiny", tiny.files(width=32), commit="2" * 40)
    daemon.stop()
    again = Daemon(daemon.root)
    try:
        card = ask("base", "add", "hf:ann/tiny", "--json")
        assert card["source"]["commit"] == "1" * 40
        stored = [line["bytes"] for line in ask.asked("model.safetensors") if line["host"] == "storage"]
        # The first bytes of the file, the whole of which no more came than was let go, and the rest.
        assert len(stored) == 3 and stored[2] < len(weights) - (16 << 20)
        place = daemon.root / "var/lib/finetuned/bases/tiny/model.safetensors"
        assert place.read_bytes() == weights
    finally:
        again.stop()
        daemon.process, daemon.log = again.process, again.log
        daemon.stop = lambda: None


def test_what_came_wrong_is_fetched_anew_and_the_rest_stays(hub, ask, daemon):
    files = tiny.files()
    stand_in.add(hub.root.path, "ann/tiny", files)
    behave(hub, flip=True)
    said = ask("base", "add", "hf:ann/tiny", status=1)
    assert "model.safetensors" in said and ("states" in said or "damaged" in said), said
    assert ask("base", "list", "--json") == []
    behave(hub)
    assert ask("base", "add", "hf:ann/tiny", "--json")["id"] == "tiny"


def test_a_connection_that_is_cut_again_and_again(hub, ask, daemon):
    files = tiny.files()
    stand_in.add(hub.root.path, "ann/tiny", files)
    ask("base", "add", "hf:ann/tiny", "--dry-run")
    behave(hub, cut=True, busy=1, retry_after="date")
    assert ask("base", "add", "hf:ann/tiny", "--json")["id"] == "tiny"


@pytest.mark.parametrize("config, said", [
    ({"model_type": "mamba"}, "mamba"), ({"quantization_config": {"bits": 4}}, "quantised"),
])
def test_what_the_engine_cannot_run_is_refused_before_it_is_fetched(hub, ask, daemon, config, said):
    files = tiny.files(width=256, hidden=2048, **config)
    stand_in.add(hub.root.path, "ann/tiny", files)
    assert said in ask("base", "add", "hf:ann/tiny", status=1)
    assert sum(line["bytes"] for line in ask.asked()) < 2 << 20 < len(files["model.safetensors"])
    assert not open_uploads(daemon)


def test_what_is_no_model_is_refused_with_the_reason(hub, ask):
    for name, files in {
        "ann/pickles": {"config.json": b"{}", "pytorch_model.bin": b"x"}, "ann/empty": {".gitattributes": b""},
        "ann/tiny": tiny.files(),
    }.items():
        stand_in.add(hub.root.path, name, files)
    assert "only pickles" in ask("base", "add", "hf:ann/pickles", status=1)
    assert "holds no model" in ask("base", "add", "hf:ann/empty", status=1)
    assert "hf:ann/tiny" in ask("base", "add", "hf:ann/tinny", status=1)
    behave(hub, gated=["ann/tiny"])
    assert f"Ask for access at {hub.address}/ann/tiny" in ask("base", "add", "hf:ann/tiny", status=1)
    behave(hub, names=["../../x"])
    assert "Do not use it" in ask("base", "add", "hf:ann/tiny", status=1)
    behave(hub, renamed={"ann/old": "ann/tiny"})
    card = ask("base", "add", "hf:ann/old", "--json")
    assert card["source"]["repository"] == "ann/tiny"


def test_two_at_once_for_the_same_base(hub, ask, daemon):
    stand_in.add(hub.root.path, "ann/tiny", tiny.files(width=512, hidden=4096))
    both = [ask.begin("base", "add", "hf:ann/tiny") for _ in range(2)]
    ends = [process.communicate()[1] for process in both]
    statuses = sorted(process.returncode for process in both)
    assert statuses == [0, 1], ends
    assert any("adding this base now" in end or "registered already" in end for end in ends)
    assert [card["id"] for card in ask("base", "list", "--json")] == ["tiny"]


def test_a_gguf_is_chosen_by_its_quantisation(hub, ask, daemon):
    gguf = pathlib.Path(os.environ.get("FINETUNED_TEST_MODELS", "models")).resolve() / "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert gguf.exists(), "Run: make models"
    repository = hub.root.path / "ann/smol-GGUF"
    stand_in.add(hub.root.path, "ann/smol-GGUF", {"README.md": b"---\nlicense: apache-2.0\n---\n"})
    for name in ["smol-Q4_1.gguf", "smol-IQ2_M.gguf"]:
        shutil.copy(gguf, repository / ("1" * 40) / name)
    listed = ask("base", "add", "hf:ann/smol-GGUF", status=1)
    assert "hf:ann/smol-GGUF:Q4_1" in listed and "best for this machine" in listed and "(is not read)" in listed
    card = ask("base", "add", "hf:ann/smol-GGUF:q4_1", "--json")
    assert card["id"] == "smol-q4_1" and card["format"] == "gguf" and card["chatTemplateDigest"]
    news = ask("base", "check", "--json")
    assert [(one["base"], one["changed"]) for one in news] == [("smol-q4_1", [])]
    stand_in.add(hub.root.path, "ann/smol-GGUF", {
        "README.md": b"---\nlicense: apache-2.0\n---\n", "smol-Q4_1.gguf": b"other"}, commit="2" * 40)
    assert ask("base", "check", "smol-q4_1", "--json")[0]["changed"] == ["smol-Q4_1.gguf"]
    # The same file by its address, with and without a digest, and out of Ollama's store.
    digest = hashlib.sha256(gguf.read_bytes()).hexdigest()
    address = f"{hub.storage}/ann/smol-GGUF/{'1' * 40}/smol-Q4_1.gguf"
    ask("base", "remove", "smol-q4_1")
    wrong = ask("base", "add", address, "--sha256", "0" * 64, status=1)
    assert "not what the source states" in wrong
    assert "Nobody vouches" in ask("base", "add", address, "--dry-run")
    assert ask("base", "add", address, "--sha256", digest, "--json")["source"]["files"][0]["sha256"] == digest
    ask("base", "remove", "smol-q4_1")
    store = ask.home / ".ollama/models"
    (store / "manifests/registry.ollama.ai/library/smol").mkdir(parents=True)
    (store / "blobs").mkdir()
    os.symlink(gguf, store / f"blobs/sha256-{digest}")
    (store / "manifests/registry.ollama.ai/library/smol/latest").write_text(json.dumps({"layers": [
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": gguf.stat().st_size},
        {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:1", "size": 1},
    ]}))
    assert [model["source"] for model in ask("base", "find", "--json")] == ["ollama:smol:latest"]
    said = ask("base", "add", "ollama:smol", "--id", "from-ollama")
    assert "Registered from-ollama" in said and "in Go's language" in said


def test_a_proxy_is_asked_and_no_proxy_is_not(hub, ask):
    stand_in.add(hub.root.path, "ann/tiny", tiny.files())
    seen = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            seen.append(self.path)
            address = urllib.parse.urlsplit(self.path.replace("http://hub.invalid", hub.address))
            connection = http.client.HTTPConnection(address.netloc)
            kept = {name: value for name, value in self.headers.items() if name.lower() in ("range", "authorization")}
            connection.request("GET", f"{address.path}?{address.query}", headers=kept)
            answer = connection.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("server", "date"):
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        card = ask(
            "base", "add", "hf:ann/tiny", "--json", HF_ENDPOINT="http://hub.invalid", no_proxy="127.0.0.2",
            http_proxy=f"http://127.0.0.1:{server.server_port}",
        )
        assert card["source"]["endpoint"] == "http://hub.invalid"
        assert seen and all(path.startswith("http://hub.invalid/") for path in seen)
        assert any(line["host"] == "storage" for line in ask.asked())
    finally:
        server.shutdown()
        server.server_close()


def test_what_fits_is_suggested(ask):
    bases = ask("base", "suggest", "--json")["bases"]
    assert bases and all(base["source"].startswith("hf:") and base["licence"] for base in bases)


def test_a_disk_that_is_full_in_the_middle(hub, tmp_path):
    root = folder(tmp_path / "root")
    state = root / "var" / "lib" / "finetuned"
    if not mounted(state):
        pytest.skip("a small file system cannot be mounted here")
    (root / "etc" / "finetuned" / "finetuned.toml").write_text('minimum_free = "1M"\n')
    files = tiny.files(width=256, hidden=4096, layers=1)
    assert 12 << 20 < len(files["model.safetensors"]) < 16 << 20
    stand_in.add(hub.root.path, "ann/tiny", files)
    daemon = None
    try:
        daemon = Daemon(root)
        ask = Asker(hub, daemon, tmp_path / "home")
        # Held in the middle, while the disk is filled: after the first bytes, by which the base is looked at.
        behave(hub, hold=4 << 20)
        process = ask.begin("base", "add", "hf:ann/tiny")
        eventually(lambda: any(int(path.read_text().strip() or 0) > 1 << 20
                               for path in state.glob("uploads/*/.model.safetensors.count")))
        filler = state / "filler"
        with pytest.raises(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(1 << 16)) == 1 << 16:
                pass
            raise OSError
        behave(hub)
        said = process.communicate()[1]
        assert "No space left on device" in said or "Less than minimum_free would be left of the disk" in said
        assert process.returncode == 1
        filler.unlink()
        assert ask("base", "add", "hf:ann/tiny", "--json")["id"] == "tiny"
    finally:
        if daemon:
            daemon.stop()
        subprocess.run(["umount", state], check=True)


def test_events_end_with_everything(hub, ask, daemon):
    stand_in.add(hub.root.path, "ann/tiny", tiny.files(width=512, hidden=4096))
    process = ask.begin("base", "add", "hf:ann/tiny", "--json")
    out, events = process.communicate()
    assert process.returncode == 0, events
    lines = [json.loads(line) for line in events.splitlines()]
    done = [line for line in lines if line["event"] == "progress"][-1]
    assert done["bytes"] == done["total"] == sum(file["bytes"] for file in json.loads(out)["source"]["files"])
