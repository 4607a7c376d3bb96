"""A real daemon in a folder of its own, and OpenAI's official client over its socket."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import httpx2
import openai

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("FINETUNED_BINARIES", ROOT / ".build/release"))


class Daemon:
    def __init__(self, root, **environment):
        self.root = root
        self.socket = root / "run" / "finetuned.sock"
        self.log = (root / "log").open("ab")
        self.process = subprocess.Popen(
            [BINARIES / "finetuned", "--root", root], stdout=self.log, stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
        for _ in range(3000):
            assert self.process.poll() is None, "the daemon did not start"
            try:
                return self.client().get("/status", cast_to=object) and None
            except openai.APIConnectionError:
                time.sleep(0.1)
        raise AssertionError("the daemon did not answer")

    def client(self):
        transport = httpx2.HTTPTransport(uds=str(self.socket))
        return openai.OpenAI(
            base_url="http://localhost/v1", api_key="unused", http_client=httpx2.Client(transport=transport)
        )

    def ftctl(self, *words):
        """What ftctl prints."""
        done = subprocess.run(
            [BINARIES / "ftctl", *words, "--root", self.root], capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def peak(self):
        """The most memory that it has had, in KiB."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.log.close()


def folder(path):
    """A root for a daemon, without pipelines."""
    (path / "etc" / "finetuned" / "pipelines").mkdir(parents=True)
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def token(daemon, name, role):
    return json.loads(daemon.ftctl("token", "add", name, f"--{role}", "--json"))["token"]


def eventually(what):
    """Waits until `what` gives something true, and gives that; the bound only ends a hang."""
    for _ in range(3000):
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("what was waited for did not come")
