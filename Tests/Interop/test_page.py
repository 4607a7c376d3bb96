"""Every snippet of docs/api.md, run as it stands but for the place of the socket."""
import os
import pathlib
import re
import subprocess
import sys

import pytest
from daemon import Daemon, folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = pathlib.Path(os.environ.get("FINETUNED_TEST_MODELS", ROOT / "models"))
GGUF = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"
SOCKET = "/run/finetuned/finetuned.sock"


def snippets(language):
    """The snippets of a language, and how many there are of any."""
    page = (ROOT / "docs/api.md").read_text()
    found = re.findall(r"^```(\w+)\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    assert {kind for kind, _ in found} == {"python", "sh"}, "a snippet is of a language that nothing here runs"
    return [text for kind, text in found if kind == language]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    assert GGUF.exists(), f"{GGUF} is absent. Run: make models"
    root = folder(tmp_path_factory.mktemp("page"))
    (root / "etc/finetuned/finetuned.toml").write_text('minimum_free = "1M"\n')
    (root / "etc/finetuned/pipelines/support.toml").write_text('base = "smol"\n')
    daemon = Daemon(root)
    daemon.ftctl("base", "add", str(GGUF), "--id", "smol")
    yield daemon
    daemon.stop()


def here(text, daemon):
    assert SOCKET in text, "no snippet says where the daemon listens"
    return text.replace(SOCKET, str(daemon.socket))


def test_what_is_shown_in_python_runs(daemon):
    program = here("\n".join(snippets("python")), daemon)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("smol ") and done.stdout.count("\n") >= 4, done.stdout


def test_what_is_shown_for_a_shell_runs(daemon):
    for text in snippets("sh"):
        done = subprocess.run(["bash", "-euc", here(text, daemon)], capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout.startswith("{"), done.stdout + done.stderr
