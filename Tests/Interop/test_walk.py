"""The same walk by the official client, newest and 1.x, synchronous and not, over the socket and over TCP."""
import asyncio
import base64
import http.server
import json
import pathlib
import subprocess
import threading

import pytest
import tiny
import walk
from daemon import Daemon, free_port, folder, token

ROOT = pathlib.Path(__file__).resolve().parents[2]
OLD = ROOT / ".venv-interop/old/bin/python"
SETTINGS = """
quiet_seconds = 0.1
scan_seconds = 0.5
minimum_free = "1M"
[api]
listen = "127.0.0.1:{port}"
"""
PIPELINE = """
base = "tiny"
[recipe]
learning_rate = 1e-2
rank = 2
[data]
gate_share = 0.3
validation_share = 0.2
[gates]
max_new_tokens = 4
[delivery]
webhook = "http://127.0.0.1:{receiver}/"
webhook_local = true
webhook_secret_file = "{secret}"
webhook_events = ["job_succeeded"]
"""
WAYS, KINDS = ("socket", "tcp"), ("sync", "async")


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        with self.server.heard.open("a") as file:
            file.write(json.dumps([body, dict(self.headers)]) + "\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A daemon that is asked on both ways, with a pipeline for each walk, and who hears of its jobs."""
    root, port = folder(tmp_path_factory.mktemp("walk")), free_port()
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    receiver.heard = root / "heard"
    receiver.heard.touch()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    secret = "whsec_" + base64.b64encode(b"a secret of this test").decode()
    (root / "secret").write_text(secret)
    (root / "etc/finetuned/finetuned.toml").write_text(SETTINGS.format(port=port))
    toml = PIPELINE.format(receiver=receiver.server_port, secret=root / "secret")
    for series in ("new", "old"):
        for way in WAYS:
            for kind in KINDS:
                (root / f"etc/finetuned/pipelines/{series}-{way}-{kind}.toml").write_text(toml)
    base = root / "tiny"
    base.mkdir()
    for name, data in tiny.files(width=32, hidden=64, layers=2, max_position_embeddings=512).items():
        (base / name).write_bytes(data)
    daemon = Daemon(root)
    template = ROOT / "Tests/Fixtures/templates/qwen2_5.jinja"
    daemon.ftctl("base", "add", str(base), "--id", "tiny", "--template", str(template))
    yield {
        "ways": {
            "socket": {"socket": str(daemon.socket), "key": "unused"},
            "tcp": {"url": f"http://localhost:{port}/v1", "key": token(daemon, "walker", "use")},
        },
        "heard": str(receiver.heard), "secret": secret,
    }
    daemon.stop()
    receiver.shutdown()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WAYS)
def test_the_newest_client_walks(place, name, kind):
    way = place["ways"][name]
    asyncio.run(walk.walk(walk.way_clients(way)[kind], way, place, f"new-{name}-{kind}"))


@pytest.mark.parametrize("name", WAYS)
def test_the_client_of_the_first_series_walks(place, name):
    one = {**place, "ways": {name: place["ways"][name]}, "prefix": "old"}
    done = subprocess.run(
        [OLD, pathlib.Path(walk.__file__), json.dumps(one)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
