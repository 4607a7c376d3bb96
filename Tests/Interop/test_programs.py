"""Programs that people have already, unchanged, most of them over TCP: LangChain, llm, and lm-evaluation-harness."""
import json
import os
import pathlib
import subprocess
import sys

import pytest
from daemon import Daemon, folder, free_port, token

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = pathlib.Path(os.environ.get("FINETUNED_TEST_MODELS", ROOT / "models"))
GGUF = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"
QUESTION = "Name three colours."
ROWS = [("The hammer is a", 1), ("The horse is an", 0), ("A cat is an", 0), ("A drill is a", 1), ("The wolf is an", 0), ("The saw is a", 1)]
CHOICES = ["animal", "tool"]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    assert GGUF.exists(), f"{GGUF} is absent. Run: make models"
    root = folder(tmp_path_factory.mktemp("programs"))
    port = free_port()
    (root / "etc/finetuned/finetuned.toml").write_text(f'minimum_free = "1M"\n[api]\nlisten = "127.0.0.1:{port}"\n')
    daemon = Daemon(root)
    daemon.url = f"http://127.0.0.1:{port}/v1"
    daemon.ftctl("base", "add", str(GGUF), "--id", "smol")
    yield daemon
    daemon.stop()


@pytest.fixture(scope="module")
def answer(daemon):
    """What the model says, greedily, by the newest client."""
    asked = {"model": "smol", "messages": [{"role": "user", "content": QUESTION}], "temperature": 0, "max_tokens": 12}
    return daemon.client().chat.completions.create(**asked).choices[0].message.content


def test_langchain(daemon, answer):
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model="smol", base_url=daemon.url, api_key=token(daemon, "programs", "use"), temperature=0, max_tokens=12)
    said = model.invoke(QUESTION)
    assert said.content == answer and said.response_metadata["model_name"] == "smol"
    pieces = list(model.stream(QUESTION))
    assert "".join(piece.content for piece in pieces) == answer
    schema = {
        "title": "Colour", "type": "object", "properties": {"name": {"type": "string"}, "is_warm": {"type": "boolean"}},
        "required": ["name", "is_warm"], "additionalProperties": False,
    }
    held = model.bind(max_tokens=200, response_format={"type": "json_schema", "json_schema": {"name": "Colour", "schema": schema}})
    assert set(json.loads(held.invoke(QUESTION).content)) == {"name", "is_warm"}


def test_llm(daemon, answer, tmp_path):
    model = {"model_id": "here", "model_name": "smol", "api_base": daemon.url}
    (tmp_path / "extra-openai-models.yaml").write_text(json.dumps([model]))
    environment = {**os.environ, "LLM_USER_PATH": str(tmp_path), "OPENAI_API_KEY": "unused"}
    program = pathlib.Path(sys.prefix) / "bin/llm"
    options = ["-m", "here", "-o", "temperature", "0", "-o", "max_tokens", "12"]
    for more in [[], ["--no-stream"]]:
        done = subprocess.run([program, *options, *more, QUESTION], env=environment, capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout.strip() == answer.strip(), done.stdout + done.stderr


def test_the_evaluation_harness_measures_what_we_measure(daemon, tmp_path):
    """Its figures are those of our own scores of the same texts."""
    import lm_eval
    from lm_eval.tasks import TaskManager
    from transformers import AutoTokenizer

    AutoTokenizer.from_pretrained(str(MODELS), gguf_file=GGUF.name).save_pretrained(tmp_path / "tokenizer")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS))
    task = {
        "task": "things", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(tmp_path / "rows.jsonl")}},
        "test_split": "test", "output_type": "multiple_choice", "doc_to_text": "{{text}}", "doc_to_target": "label",
        "doc_to_choice": CHOICES, "metric_list": [{"metric": "acc"}],
    }
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/things.yaml").write_text(json.dumps(task))
    found = lm_eval.simple_evaluate(
        model="local-completions", tasks=["things"], task_manager=TaskManager(include_path=str(tmp_path / "tasks")), log_samples=True,
        model_args={"model": "smol", "base_url": f"{daemon.url}/completions", "tokenizer": str(tmp_path / "tokenizer"), "num_concurrent": 1})
    samples = sorted(found["samples"]["things"], key=lambda sample: sample["doc_id"])
    assert len(samples) == len(ROWS)
    client = daemon.client()
    right = 0
    for (text, label), sample in zip(ROWS, samples):
        sums = []
        for choice in CHOICES:
            whole = client.completions.create(model="smol", prompt=f"{text} {choice}", echo=True, max_tokens=0, logprobs=0).choices[0].logprobs
            sums.append(sum(p for p, start in zip(whole.token_logprobs, whole.text_offset) if start >= len(text)))
        theirs = [float(response[0][0]) for response in sample["resps"]]
        assert all(abs(a - b) < 1e-4 for a, b in zip(sums, theirs)), (sums, theirs)
        right += sums.index(max(sums)) == label
    assert abs(found["results"]["things"]["acc,none"] - right / len(ROWS)) < 1e-9
