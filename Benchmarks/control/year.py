#!/usr/bin/env python3
"""Alive after a year: does anything of the daemon grow with its history, and does it answer many at once?

    year.py soak [DROPS] [PROMOTIONS]   so many small drops and promotions (10,000 and 1,000); every tenth of the way, what
                                        the daemon takes: memory, descriptors, threads, processor time a drop, the latency
                                        of `status`. Fails where memory grows by more than a tenth after the first 50, or a
                                        drop costs more than 100 ms.
    year.py history [DROPS …]           what a small drop and a run cost a daemon that has so many drops (100, 1,000 and 3,000), which
                                        came all at once: processor milliseconds of the daemon, and its memory. Fails where a
                                        drop with a tenth of a run costs more than 100 ms at the end.
    year.py load [CLIENTS] [SECONDS]    so many clients (200), one request a second each, during a run, for so many seconds
                                        (60). Fails where a request does, or the 99th percentile is above 50 ms.
    year.py idle [SECONDS]              wake-ups a second of a daemon that has nothing to do, by its threads' voluntary
                                        context switches, over so many seconds (60). Fails above 1.

Programs are taken from .build/release (FINETUNED_BUILD names another folder); `fake-worker` takes the worker's place.
Nothing else should run on the machine.
"""
import os
import pathlib
import selectors
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from run import Daemon, eventually, table  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
PIPELINE = """
[trigger]
settle_seconds = 0.05
minimum_new_rows = 1
manual_only = true
[data]
validation_share = 0.05
gate_share = 0.1
[gates]
require_improvement = false
maximum_rows = 20
"""


class Taken:
    """What a daemon takes now."""

    def __init__(self, daemon):
        folder = pathlib.Path("/proc", str(daemon.process.pid))
        self.memory = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        self.descriptors = len(os.listdir(folder / "fd"))
        self.threads = len(os.listdir(folder / "task"))
        fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        self.seconds = (int(fields[11]) + int(fields[12])) / TICK


def switches(daemon):
    """How often each thread has given up the processor by itself."""
    found = {}
    for task in pathlib.Path("/proc", str(daemon.process.pid), "task").iterdir():
        try:
            lines = (task / "status").read_text().splitlines()
        except OSError:
            continue
        found[task.name] = next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))
    return found


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def soak(drops, promotions):
    daemon = Daemon({"year": PIPELINE})
    folder = pathlib.Path(daemon.root)
    every = max(1, drops // promotions)
    lines, first, failures = [], None, []
    before, at = Taken(daemon), 0
    try:
        for number in range(1, drops + 1):
            source = folder / f"drop-{number}.jsonl"
            source.write_text("".join(
                f'{{"prompt": "Question {number} {row}: what is it?", "completion": "answer {row % 5}"}}\n' for row in range(12)))
            daemon.drop(source, "year")
            source.unlink()
            if number % every and number != drops:
                continue
            # Asking costs as well, and is not the drops': seldom.
            eventually(lambda: daemon.ask("GET", "/v1/pipelines/year")["drops"] == number, 600, "everything is stored", 0.3)
            run = daemon.run("year")
            eventually(
                lambda: daemon.ask("GET", f"/v1/runs/{run}")["state"] not in
                ("queued", "training", "trained", "evaluating", "evaluated", "accepted", "promoted"), 600, "the run is over", 0.3)
            if number < 50 or (first and number < drops and number % max(1, drops // 10)):
                continue
            asked = []
            for _ in range(50):
                began = time.monotonic()
                daemon.ask("GET", "/v1/status")
                asked.append((time.monotonic() - began) * 1000)
            now = Taken(daemon)
            lines.append([
                f"{number:,}", f"{now.memory:.1f}", now.descriptors, now.threads,
                f"{(now.seconds - before.seconds) / (number - at) * 1000:.0f}", f"{percentile(asked, 0.95):.1f}"])
            if first is None:
                first = now
            elif (now.seconds - before.seconds) / (number - at) > 0.1:
                failures.append(f"a drop took {(now.seconds - before.seconds) / (number - at) * 1000:.0f} ms at {number}")
            before, at = now, number
        if now.memory > first.memory * 1.1:
            failures.append(f"memory grew from {first.memory:.1f} to {now.memory:.1f} MiB")
        if now.descriptors > first.descriptors + 8 or now.threads > first.threads + 8:
            failures.append("descriptors or threads grew")
    finally:
        daemon.remove()
    print(f"{drops:,} drops of 12 rows, a run every {every}\n")
    table(["drops", "memory, MiB", "descriptors", "threads", "processor a drop, ms", "status p95, ms"], lines)
    return failures


def history(sizes):
    """Drops that come at once are stored in a few passes, so that a long history is there soon."""
    daemon = Daemon({"year": PIPELINE})
    folder, count, lines, failures = pathlib.Path(daemon.root), 0, [], []

    def put(number):
        source = folder / f"drop-{number}.jsonl"
        source.write_text("".join(
            f'{{"prompt": "Question {number} {row}: what is it?", "completion": "answer {row % 5}"}}\n' for row in range(12)))
        daemon.drop(source, "year")
        source.unlink()

    def settled(run=None):
        eventually(lambda: daemon.ask("GET", "/v1/pipelines/year")["drops"] == count, 1800, "everything is stored", 0.3)
        if run:
            eventually(lambda: daemon.ask("GET", f"/v1/runs/{run}")["state"] in ("delivered", "rejected", "inconclusive", "failed"),
                       600, "the run is over", 0.3)
        # What is done after the last change belongs to it.
        time.sleep(3)

    try:
        for size in sizes:
            while count < size:
                count += 1
                put(count)
            settled()
            settled(daemon.run("year"))
            began = Taken(daemon)
            for _ in range(10):
                count += 1
                put(count)
                # Asking whether it is stored would cost more than the drop.
                time.sleep(2)
            stored = Taken(daemon)
            for _ in range(3):
                run = daemon.run("year", "from-base")
                time.sleep(10)
            ended = Taken(daemon)
            settled(run)
            before = Taken(daemon)
            for _ in range(20):
                daemon.ask("GET", "/v1/status")
            status = (Taken(daemon).seconds - before.seconds) * 50
            drop, run = (stored.seconds - began.seconds) * 100, (ended.seconds - stored.seconds) / 3 * 1000
            lines.append([f"{size:,}", f"{drop:.0f}", f"{run:.0f}", f"{drop + run / 10:.0f}", f"{status:.1f}", f"{ended.memory:.1f}"])
        if drop + run / 10 > 100:
            failures.append(f"a drop with a tenth of a run takes {drop + run / 10:.0f} ms after {sizes[-1]:,} drops")
    finally:
        daemon.remove()
    print("Processor time of the daemon; a run is from the base, on all rows\n")
    table(["drops", "a drop, ms", "a run, ms", "a drop and a tenth of a run, ms", "status, ms", "memory, MiB"], lines)
    return failures


class Client:
    """One client, one request a second, on connections of its own as `ftctl` makes them."""

    PATHS = ["/v1/status", "/v1/pipelines", "/v1/runs?limit=20", "/v1/drops?limit=20", "/v1/bases"]

    def __init__(self, number, clients):
        self.due = time.monotonic() + number / clients
        self.number = number
        self.socket = None

    def begin(self, daemon, selector):
        self.began = self.due
        self.due += 1
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.setblocking(False)
        self.answer = b""
        try:
            self.socket.connect(daemon.socket)
        except BlockingIOError:
            # The daemon's queue is full for an instant; `ftctl` waits as well.
            self.socket.setblocking(True)
            self.socket.settimeout(5)
            self.socket.connect(daemon.socket)
            self.socket.setblocking(False)
        path = self.PATHS[self.number % len(self.PATHS)]
        self.socket.send(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())
        selector.register(self.socket, selectors.EVENT_READ, self)

    def read(self, selector):
        """Milliseconds that the request took, once it is answered; None before."""
        piece = self.socket.recv(1 << 16)
        self.answer += piece
        if piece:
            return None
        selector.unregister(self.socket)
        self.socket.close()
        self.socket = None
        if not self.answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{self.answer[:200]!r}")
        return (time.monotonic() - self.began) * 1000


def load(clients, seconds):
    daemon = Daemon({"year": PIPELINE.replace("maximum_rows = 20", "maximum_rows = 0")})
    took, errors = [], []
    try:
        source = pathlib.Path(daemon.root) / "rows.jsonl"
        source.write_text("".join(
            f'{{"prompt": "Question {row}: what is it?", "completion": "answer {row % 5}"}}\n' for row in range(20_000)))
        daemon.drop(source, "year")
        eventually(lambda: daemon.states("year") == ["stored"], 300, "the rows are stored")
        daemon.run("year")
        selector = selectors.DefaultSelector()
        everyone = [Client(number, clients) for number in range(clients)]
        end = time.monotonic() + seconds
        while time.monotonic() < end or any(client.socket for client in everyone):
            now = time.monotonic()
            for client in everyone:
                if client.socket is None and client.due <= now < end:
                    try:
                        client.begin(daemon, selector)
                    except OSError as error:
                        errors.append(str(error))
                        client.socket = None
            for key, _ in selector.select(0.001):
                try:
                    answered = key.data.read(selector)
                    if answered is not None:
                        took.append(answered)
                except (OSError, RuntimeError) as error:
                    errors.append(str(error))
                    key.data.socket = None
            if now > end + 60:
                errors.append("some requests were never answered")
                break
    finally:
        daemon.remove()
    print(f"{clients} clients, one request a second each, {seconds} s, during a run\n")
    table(
        ["requests", "errors", "p50, ms", "p95, ms", "p99, ms", "longest, ms"],
        [[f"{len(took):,}", len(errors)] + [f"{percentile(took, share):.1f}" for share in (0.5, 0.95, 0.99, 1)]])
    failures = errors[:3]
    if percentile(took, 0.99) > 50:
        failures.append("the 99th percentile is above 50 ms")
    return failures


def idle(seconds):
    daemon = Daemon({"year": PIPELINE})
    try:
        time.sleep(5)
        known, count = switches(daemon), 0
        for _ in range(seconds):
            time.sleep(1)
            now = switches(daemon)
            # A thread that has ended takes its number with it.
            count += sum(number - known.get(thread, 0) for thread, number in now.items())
            known = now
        rate = count / seconds
    finally:
        daemon.remove()
    print(f"{rate:.2f} wake-ups a second while idle")
    return ["more than one wake-up a second"] if rate > 1 else []


def main():
    numbers = [int(word) for word in sys.argv[2:]]
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what == "soak":
        failures = soak(*(numbers + [10_000, 1_000][len(numbers):]))
    elif what == "history":
        failures = history(numbers or [100, 1000, 3000])
    elif what == "load":
        failures = load(*(numbers + [200, 60][len(numbers):]))
    elif what == "idle":
        failures = idle(*(numbers or [60]))
    else:
        sys.exit(__doc__)
    for failure in failures:
        print("FAILED:", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
