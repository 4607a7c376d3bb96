#!/usr/bin/env python3
"""What fetching a base costs, from a stand-in Hub on loopback: run.py [GIB]

Compares `ftctl base add` with `curl -o FILE` followed by `openssl dgst -sha256 FILE`, in turns, up to the moment at which
the daemon has all bytes on its disk; looks at ftctl's peak of resident memory, at what a refused architecture costs, and
at what a killed ftctl fetches again. The programs are those of FINETUNED_BUILD, or of .build/release.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Interop"))
import hub as stand_in  # noqa: E402
import tiny  # noqa: E402

BUILD = pathlib.Path(os.environ.get("FINETUNED_BUILD", ROOT / ".build" / "release"))
TURNS = 3


def weights(path, gib):
    """A Llama of about so many GiB."""
    width, hidden = 2048, 8192
    layer = sum(4 * a * (b[0] if b else 1) for _, (a, *b) in list(tiny.shapes(width, hidden, 1))[1:-1])
    layers = max(1, int(gib * (1 << 30) / layer))
    with path.open("wb") as file:
        tiny.safetensors(tiny.shapes(width, hidden, layers), file.write)
    return tiny.texts(width, hidden, layers)


class Daemon:
    def __init__(self, root):
        self.root = root
        (root / "etc/finetuned/pipelines").mkdir(parents=True)
        self.process = subprocess.Popen([BUILD / "finetuned", "--root", root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while subprocess.run([BUILD / "ftctl", "status", "--root", root], capture_output=True).returncode == 69:
            time.sleep(0.1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def counted(self):
        """Bytes of the weights that are on the daemon's disk for good."""
        counts = self.root.glob("var/lib/finetuned/uploads/*/.*.safetensors.count")
        return sum(int(path.read_text().strip() or 0) for path in counts)

    def written(self):
        """Bytes of the weights that were written, whether they count or not."""
        uploads = [path.parent for path in self.root.glob("var/lib/finetuned/uploads/*/.*.safetensors.count")]
        return sum(path.stat().st_size for upload in uploads for path in upload.glob("*.safetensors"))


def begin(daemon, hub, name="hf:ann/big", *words):
    environment = {**os.environ, "HOME": str(daemon.root), "HF_ENDPOINT": hub.address}
    return subprocess.Popen([BUILD / "ftctl", "base", "add", name, "--root", daemon.root, *words], env=environment,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def fetch(folder, hub, size):
    """Seconds until all bytes are on the daemon's disk, and ftctl's peak in MiB."""
    daemon = Daemon(folder)
    began = time.monotonic()
    process = begin(daemon, hub)
    while daemon.counted() < size and process.poll() is None:
        time.sleep(0.02)
    seconds = time.monotonic() - began
    status = pathlib.Path(f"/proc/{process.pid}/status")
    peak = next((int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")), 0)
    process.kill()
    process.wait()
    daemon.stop()
    shutil.rmtree(folder)
    return seconds, peak / 1024


def peer(folder, hub, path):
    """Seconds of curl and openssl for the same."""
    folder.mkdir()
    began = time.monotonic()
    subprocess.run(["curl", "-sSL", "-o", folder / "file", f"{hub.address}/ann/big/resolve/main/{path}"], check=True)
    subprocess.run(["openssl", "dgst", "-sha256", folder / "file"], check=True, capture_output=True)
    seconds = time.monotonic() - began
    shutil.rmtree(folder)
    return seconds


def asked(hub):
    return [json.loads(line) for line in (hub.root.path / "requests.log").read_text().splitlines()]


def killed(folder, hub, size):
    """MiB that a killed ftctl has to send again: what it had sent beyond what counts."""
    daemon = Daemon(folder)
    process = begin(daemon, hub)
    while daemon.counted() < size // 2:
        time.sleep(0.01)
    process.kill()
    process.wait()
    time.sleep(1)
    repeated = daemon.written() - daemon.counted()
    daemon.stop()
    shutil.rmtree(folder)
    return repeated / (1 << 20)


def refused(folder, hub):
    """MiB that are asked for before an unknown model is refused."""
    files = tiny.files(width=256, hidden=4096, layers=4, model_type="mamba")
    stand_in.add(hub.root.path, "ann/mamba", files)
    daemon = Daemon(folder)
    (hub.root.path / "requests.log").write_text("")
    assert begin(daemon, hub, "hf:ann/mamba").wait() == 1
    daemon.stop()
    shutil.rmtree(folder)
    return sum(line["bytes"] for line in asked(hub)) / (1 << 20)


def main():
    gib = float(sys.argv[1]) if len(sys.argv) > 1 else 2
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        hub = stand_in.Hub(place / "hub")
        stand_in.add(place / "hub", "ann/big", {})
        path = place / "hub/ann/big" / ("1" * 40) / "model.safetensors"
        stand_in.add(place / "hub", "ann/big", weights(path, gib))
        size = path.stat().st_size
        hub.root.identity(path)
        turns = []
        for turn in range(TURNS):
            theirs = peer(place / "peer", hub, path.name)
            ours, peak = fetch(place / "ours", hub, size)
            turns.append((theirs / ours, ours, theirs, peak))
            print(f"turn {turn + 1}: ftctl {ours:.1f} s, curl and openssl {theirs:.1f} s, peak {peak:.0f} MiB", flush=True)
        middle = sorted(turns)[TURNS // 2]
        print(f"{size / (1 << 30):.1f} GiB: {middle[0]:.2f} of the rate of curl and openssl (bar 0.80)")
        print(f"peak of ftctl: {max(turn[3] for turn in turns):.0f} MiB (bar 60)")
        print(f"killed in the middle: {killed(place / 'killed', hub, size):.1f} MiB again (bar 8)")
        print(f"a refused architecture: {refused(place / 'refused', hub):.2f} MiB (bar 2)")


if __name__ == "__main__":
    main()
