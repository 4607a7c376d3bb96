"""The whole main job with another engine: dropped rows become a served model that PyTorch trained, and every result is looked at first."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

from engine import ROOT

sys.path.insert(0, str(ROOT / "Tests" / "Interop"))
import worker  # noqa: E402

PROGRAMS = pathlib.Path(os.environ.get("FINETUNED_BINARIES", worker.BUILD))
MODEL = worker.require(worker.SMOL, "Run: make models")
PIPELINE = """
base = "smollm2"
engine = "torch-cpu"
[trigger]
settle_seconds = 0.2
skip_known = false
[recipe]
learning_rate = 2e-3
epochs = 1
batch_rows = 16
[data]
gate_share = 0.25
validation_share = 0.05
[gates]
max_new_tokens = 4
"""


class Sandbox:
    """A daemon on a root of its own, with the PyTorch engine of this repository."""

    def __init__(self, root):
        self.root, self.daemon = root, None
        for folder in ("etc/finetuned/pipelines", "etc/finetuned/engines"):
            (root / folder).mkdir(parents=True)
        self.write("etc/finetuned/finetuned.toml", "quiet_seconds = 0.3\n")

    def write(self, path, text, mode=0o644):
        file = self.root / path
        file.write_text(text)
        file.chmod(mode)
        return file

    def engine(self, name, before="", **keys):
        """The file of an engine whose Python is this one, with the package of this repository; `before` runs first."""
        python = self.write(f"{name}.sh", f"#!/bin/sh\nexport PYTHONPATH='{ROOT}/Engines/torch'\n{before}\nexec '{sys.executable}' \"$@\"\n", 0o755)
        lines = [f"{key} = {json.dumps(value)}" for key, value in {"program": "torch", "python": str(python), **keys}.items()]
        self.write(f"etc/finetuned/engines/{name}.toml", "\n".join(lines) + "\n")

    def pipeline(self, name):
        self.write(f"etc/finetuned/pipelines/{name}.toml", PIPELINE)

    def start(self):
        self.daemon = subprocess.Popen([PROGRAMS / "finetuned", "--root", self.root], stdout=open(self.root / "log", "ab"), stderr=subprocess.STDOUT)
        self.until(lambda: self.ftctl("status")[0] == 0)

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        assert self.daemon.wait(timeout=300) == 0

    def ftctl(self, *words):
        done = subprocess.run([PROGRAMS / "ftctl", *words], env={**os.environ, "FINETUNED_ROOT": str(self.root)}, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def ask(self, *words):
        status, said = self.ftctl(*words, "--json")
        assert status == 0, said
        return json.loads(said)

    def until(self, condition):
        for _ in range(3000):
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError((self.root / "log").read_text()[-4000:])

    def drop(self, pipeline, rows, name="rows.jsonl"):
        folder = self.root / "var/lib/finetuned/drop" / pipeline
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".part").write_text("".join(json.dumps({"prompt": p, "completion": c}) + "\n" for p, c in rows))
        (folder / ".part").rename(folder / name)

    def run(self, identifier=None):
        runs = self.ask("runs")
        return next((run for run in runs if identifier in (None, run["id"])), None)


def rows(numbers):
    things = [("apple", "food"), ("bread", "food"), ("cheese", "food"), ("engine", "car"), ("wheel", "car"), ("brake", "car"), ("pear", "food")]
    return [(f"Say food or car: order {i} is about {things[i % 7][0]}", things[i % 7][1]) for i in numbers]


@pytest.fixture
def sandbox(tmp_path):
    # A socket's path is short.
    root = pathlib.Path("/tmp") / f"ft-{os.getpid()}-{abs(hash(tmp_path)) % 10000}"
    root.mkdir()
    sandbox = Sandbox(root)
    yield sandbox
    if sandbox.daemon and sandbox.daemon.poll() is None:
        sandbox.daemon.kill()
        sandbox.daemon.wait()
    shutil.rmtree(root, ignore_errors=True)


@pytest.mark.long
def test_dropped_rows_become_a_model_that_pytorch_trained(sandbox):
    sandbox.engine("torch-cpu", ranks_per_node=2)
    sandbox.pipeline("orders")
    sandbox.start()
    assert sandbox.ftctl("base", "add", MODEL, "--id", "smollm2")[0] == 0
    listed = {engine["name"]: engine for engine in sandbox.ask("engine", "list")}
    assert set(listed) == {"builtin", "torch-cpu"} and "train" in listed["torch-cpu"]["description"]["tasks"]
    assert listed["torch-cpu"]["pipelines"] == ["orders"] and listed["torch-cpu"]["slots"] == 1
    status, said = sandbox.ftctl("pipeline", "check", "orders")
    assert status == 0 and "trained by the engine 'torch-cpu'" in said, said

    # A daemon that stops in the midst of training leaves a checkpoint, and the next one goes on from there.
    sandbox.drop("orders", rows(range(160)))
    run = sandbox.until(sandbox.run)
    folder = sandbox.root / "var/lib/finetuned/runs" / run["id"]
    events = folder / "events.jsonl"
    sandbox.until(lambda: events.exists() and '"step": {' in events.read_text())
    sandbox.stop()
    sandbox.start()
    run = sandbox.until(lambda: (found := sandbox.run())["state"] in ("promoted", "delivered", "rejected", "inconclusive", "failed") and found)
    assert run["state"] in ("promoted", "delivered"), sandbox.ftctl("report", run["id"])[1]
    engine = run["training"]["engine"]
    assert engine["name"] == "torch-cpu" and engine["ranks"] == 2 and "torch" in engine["versions"]
    assert run["training"]["adapter"]["path"] == str(folder / "adapter") and run["training"]["adapter"]["configuration"]
    told = [json.loads(line) for line in events.read_text().splitlines()]
    steps = [event["step"]["step"] for event in told if event["event"] == "step"]
    assert steps == sorted(set(steps)), "a step was done twice"
    assert {event["attempt"] for event in told} == {1, 2}
    assert len(list((sandbox.root / "var/lib/finetuned/staged").iterdir())) == 1

    version = sandbox.ask("version", "show", "orders")
    assert version["version"]["engine"]["name"] == "torch-cpu"
    assert "torch-cpu: torch on 2 ranks" in sandbox.ftctl("run", "show", run["id"])[1]
    answer = sandbox.ftctl("generate", "orders", "Say food or car: order 900 is about bread", "--max-new-tokens", "4")[1]
    assert answer.strip() == "food"

    # The same pipeline goes on by the daemon's own worker: adapters belong to no engine.
    sandbox.drop("orders", rows(range(160, 240)), "more.jsonl")
    config = (sandbox.root / "etc/finetuned/pipelines/orders.toml")
    config.write_text(config.read_text().replace('engine = "torch-cpu"\n', ""))
    second = sandbox.until(lambda: (found := sandbox.run())["id"] != run["id"] and found.get("verdict") and found)
    assert second["mode"] == "continue" and second["parent"] == run["version"]
    sandbox.stop()


TINY = """
base = "neox"
engine = "asks"
[trigger]
settle_seconds = 0.2
[recipe]
targets = ["q", "k", "v", "o", "up", "down"]
learning_rate = 5e-3
epochs = 2
batch_rows = 8
[data]
gate_share = 0.25
validation_share = 0.1
[gates]
max_new_tokens = 3
[delivery]
exports = ["huggingface"]
"""
OVER = ("promoted", "delivered", "rejected", "inconclusive", "failed")


@pytest.fixture(scope="module")
def neox(tmp_path_factory):
    return make_neox(tmp_path_factory.mktemp("neox"))


def make_neox(folder):
    """A random GPT-NeoX of two blocks, which the worker does not run, with the tokenizer of SmolLM2."""
    import torch
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM
    exported, _, _ = worker.run(folder / "export", "export", {"model": worker.model(), "format": "huggingface-bf16", "check": []})
    source = pathlib.Path(exported["files"][0]["path"]).parent
    config = json.loads((source / "config.json").read_text())
    torch.manual_seed(7)
    model = GPTNeoXForCausalLM(GPTNeoXConfig(
        vocab_size=config["vocab_size"], hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=256, bos_token_id=config["bos_token_id"], eos_token_id=config["eos_token_id"]))
    model.save_pretrained(folder / "base")
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (source / name).exists():
            shutil.copy(source / name, folder / "base")
    return folder / "base"


def test_a_base_that_the_worker_does_not_run_is_trained_and_judged_on_pytorch(sandbox, neox):
    sandbox.start()
    status, said = sandbox.ftctl("base", "add", neox, "--id", "neox")
    assert status != 0 and "gpt_neox" in said, said
    sandbox.engine("asks")
    sandbox.until(lambda: "asks" in {engine["name"] for engine in sandbox.ask("engine", "list")})
    status, said = sandbox.ftctl("base", "add", neox, "--id", "neox")
    assert status == 0, said
    card = next(base for base in sandbox.ask("base", "list") if base["id"] == "neox")
    assert card["architecture"] == "gpt_neox" and card["isForEngines"] and "Only engines compute with it" in card["remarks"][0]

    pipeline = sandbox.root / "etc/finetuned/pipelines/orders.toml"
    pipeline.write_text(TINY.replace('engine = "asks"\n', ""))
    status, said = sandbox.ftctl("pipeline", "check", "orders")
    assert status == 1 and "which only engines run" in said, said
    pipeline.write_text(TINY)
    sandbox.until(lambda: sandbox.ftctl("pipeline", "check", "orders")[0] == 0)
    sandbox.drop("orders", rows(range(120)))
    run = sandbox.until(lambda: (found := sandbox.run()) and found["state"] in OVER and found)
    assert run["state"] != "failed", run
    assert run["training"]["engine"]["name"] == "asks" and run["verdict"]["figures"]["candidate"]["gate"]["loss"] > 0
    artefacts = {artefact["format"]: artefact for artefact in run["artefacts"]}
    assert artefacts.keys() == {"huggingface"} and "failure" not in artefacts["huggingface"], artefacts

    # What the worker writes is what was trained: transformers and peft make the same numbers of both.
    trained = {**worker.model(neox), "adapters": [{"path": run["training"]["adapter"]["path"], "sha256": run["training"]["adapter"]["sha256"]}]}
    written = {}
    for form in ("peft", "huggingface-f32"):
        made, _, _ = worker.run(sandbox.root / form, "export", {"model": trained, "format": form, "check": []})
        written[form] = sandbox.root / form / "export"
        assert {"README.md", "config.json" if form != "peft" else "adapter_config.json"} <= {pathlib.Path(file["path"]).name for file in made["files"]}
    _, status, events = worker.run(sandbox.root / "gguf", "export", {"model": trained, "format": "gguf-f16", "check": []}, check=False)
    assert status == 64 and any("gpt_neox" in event.get("failure", {}).get("message", "") for event in events)
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM
    with torch.no_grad():
        ids = torch.arange(5, 25)[None]
        base, merged = (AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32) for path in (neox, written["huggingface-f32"]))
        plain = base(ids).logits
        adapted = PeftModel.from_pretrained(base, written["peft"]).eval()(ids).logits
        assert (adapted - plain).abs().max() > 1e-3 and (merged(ids).logits - adapted).abs().max() < 1e-5 * adapted.abs().max()
    files = (sandbox.root / "var/lib/finetuned/runs" / run["id"]).glob("**/examples-gate.jsonl")
    found = [[json.loads(line) for line in file.open()] for file in files]
    # Candidate and base answered, and of the export there are losses.
    assert len(found) == 3 and all(len(records) > 10 for records in found)
    assert sorted(all("output" in record and record["labelScores"] for record in records) for records in found) == [False, True, True]
    # Nothing of it is served here, and that is said.
    status, said = sandbox.ftctl("generate", "orders", "Say food or car: order 900 is about bread", "--max-new-tokens", "4")
    assert status != 0 and "which only engines run" in said, said
    sandbox.stop()


def outcomes(verdict):
    return [(gate["rule"], gate["set"], gate["metric"], gate["outcome"]) for gate in verdict["gates"]]


@pytest.mark.long
def test_a_verdict_is_the_same_whoever_scores_and_answers(sandbox):
    sandbox.engine("torch-cpu")
    sandbox.engine("asks", evaluate=True)
    for name, engine in (("by-worker", "torch-cpu"), ("by-engine", "asks")):
        sandbox.write(f"etc/finetuned/pipelines/{name}.toml", PIPELINE.replace('"torch-cpu"', f'"{engine}"'))
    sandbox.start()
    assert sandbox.ftctl("base", "add", MODEL, "--id", "smollm2")[0] == 0
    for name in ("by-worker", "by-engine"):
        sandbox.drop(name, rows(range(120)))
    sandbox.until(lambda: len(found := sandbox.ask("runs")) == 2 and all(run["state"] in OVER for run in found))
    one, other = sorted(sandbox.ask("runs"), key=lambda run: run["pipeline"])
    assert one["state"] == other["state"] and one["state"] in ("promoted", "delivered"), (one, other)
    verdicts = one["verdict"], other["verdict"]
    assert outcomes(verdicts[0]) == outcomes(verdicts[1])
    for model in ("candidate", "base"):
        losses = [verdict["figures"][model]["gate"]["loss"] for verdict in verdicts]
        assert abs(losses[0] - losses[1]) < 2e-3
    sandbox.stop()


@pytest.mark.long
def test_pytorch_keeps_every_rule(sandbox):
    sandbox.engine("torch-cpu")
    sandbox.engine("torch-half", precision="bfloat16", ranks_per_node=2)
    sandbox.start()
    for name in ("torch-cpu", "torch-half"):
        status, said = sandbox.ftctl("engine", "check", name)
        assert status == 0 and "keeps all 20 rules" in said, said
    sandbox.stop()


def test_what_an_engine_cannot_do_and_what_it_makes_up_is_refused_by_name(sandbox, neox):
    # An engine that changes its adapter once its result is told.
    spoil = "case \"$*\" in *request.json*) \"%s\" \"$@\"; s=$?; for f in \"${3%%/*}\"/adapter/adapter_config.json; do " \
            "sed -i 's/\"lora_alpha\": [0-9.]*/\"lora_alpha\": 999/' \"$f\"; done; exit $s;; esac" % sys.executable
    sandbox.engine("torch-cpu", before=spoil)
    sandbox.engine("bare", python="/nonexistent/python")
    sandbox.write("etc/finetuned/pipelines/orders.toml", TINY.replace('"asks"', '"torch-cpu"'))
    sandbox.start()
    assert sandbox.ftctl("base", "add", neox, "--id", "neox")[0] == 0
    status, said = sandbox.ftctl("engine", "show", "bare")
    assert status == 1 and "/nonexistent/python" in said, said
    status, said = sandbox.ftctl("engine", "show", "nobody")
    assert status == 1 and "There is no engine 'nobody'" in said
    sandbox.drop("orders", rows(range(60)))
    run = sandbox.until(lambda: (found := sandbox.run()) and found["state"] == "failed" and found)
    assert run["cause"]["code"] == "engine.result" and "lora_alpha" in run["cause"]["message"], run["cause"]
    assert "version" not in run
    sandbox.stop()
