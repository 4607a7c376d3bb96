#!/usr/bin/env python3
"""Control beside data: how fast the daemon answers, leaves and cancels while its stages are busy.

    run.py [ROWS]              everything below, with ROWS rows (1,000,000)
    run.py answers [ROWS]      latency of GET /v1/status while one pipeline stores ROWS rows that repeat themselves (the near
                               index's worst case), another reads a second file of as many, verdicts bootstrap and versions
                               of 256 MB are copied; on all cores, then on one. Says of each how long it was under way, and
                               leaves with status 1 where a figure is beyond its bar or something was not seen under way
    run.py stop [ROWS]         SIGTERM to exit: idle, in mid-storing, with a worker
    run.py scrape              GET /metrics of a daemon with 3 pipelines and with 50, each with rows and a promoted run: time and
                               number of series. Leaves with status 1 where one is beyond its bar
    run.py cancel              cancelling a run that trains: until the run says so, until its worker has gone

Programs are taken from .build/release (FINETUNED_BUILD names another folder); `fake-worker` takes the worker's place, so that the
daemon alone is measured. Nothing else should run on the machine.
"""
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FINETUNED_BUILD", ROOT / ".build/release"))
WORDS = [word.lower() for word in (ROOT / "README.md").read_text().split() if word.isalpha()][:400]
VERSION_MIB = 256
BUSY = {"training", "trained", "evaluating", "evaluated", "queued"}


class Control(http.client.HTTPConnection):
    """The daemon's API on its Unix socket; one connection is kept."""

    def __init__(self, path):
        super().__init__("localhost", timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def ask(self, method, path, body=None):
        self.request(method, path, json.dumps(body) if body is not None else None, {"content-type": "application/json"})
        answer = self.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text)


class Daemon:
    """A daemon on a root of its own."""

    def __init__(self, pipelines, cpus=None, environment={}):
        self.environment = environment
        self.root = tempfile.mkdtemp(prefix="finetuned-control-", dir=os.environ.get("TMPDIR", "/tmp"))
        folder = pathlib.Path(self.root, "etc/finetuned/pipelines")
        folder.mkdir(parents=True, exist_ok=True)
        folder.parent.joinpath("finetuned.toml").write_text(
            f'minimum_free = "1M"\nquiet_seconds = 0.2\n[worker]\nprogram = "{BUILD / "fake-worker"}"\n')
        for name, more in pipelines.items():
            folder.joinpath(f"{name}.toml").write_text('base = "tiny"\n' + more)
        self.socket = self.root + "/run/finetuned.sock"
        self.start(cpus)

    def start(self, cpus=None):
        pinned = ["taskset", "-c", cpus] if cpus else []
        self.log = open(self.root + "/daemon.log", "a")
        self.process = subprocess.Popen(
            pinned + [str(BUILD / "finetuned"), "--root", self.root], stdout=self.log, stderr=self.log,
            env=dict(os.environ, FAKE_WORKER_ADAPTER_MIB=str(VERSION_MIB), **self.environment))
        eventually(self.answers, 60, "the daemon answers")
        if not self.ask("GET", "/v1/bases"):
            base = pathlib.Path(self.root, "tiny.gguf")
            base.write_text("a base model, to the fake worker")
            added = subprocess.run(
                [BUILD / "ftctl", "base", "add", str(base), "--id", "tiny"], capture_output=True, text=True,
                env=dict(os.environ, FINETUNED_ROOT=self.root))
            assert added.returncode == 0, added.stdout + added.stderr

    def answers(self):
        try:
            return bool(self.ask("GET", "/v1/status"))
        except OSError:
            return False

    def ask(self, method, path, body=None):
        connection = Control(self.socket)
        try:
            return connection.ask(method, path, body)
        finally:
            connection.close()

    def drop(self, source, pipeline):
        folder = pathlib.Path(self.root, "var/lib/finetuned/drop", pipeline)
        eventually(folder.exists, 60, "the drop folder is there")
        hidden = folder / f".{source.name}.part"
        try:
            os.link(source, hidden)
        except OSError:
            shutil.copyfile(source, hidden)
        # A copy of its own: the daemon takes what lies there.
        hidden.rename(folder / source.name)

    def drops(self, pipeline):
        return self.ask("GET", f"/v1/drops?pipeline={pipeline}&limit=1000")

    def states(self, pipeline):
        return [drop["state"] for drop in self.drops(pipeline)]

    def runs(self, pipeline):
        return self.ask("GET", f"/v1/runs?pipeline={pipeline}&limit=1000")

    def run(self, pipeline, mode=None):
        """Queues a run once the rows that were stored last are in the index, too."""
        while True:
            try:
                return self.ask("POST", f"/v1/pipelines/{pipeline}/runs", {"mode": mode} if mode else {})["id"]
            except RuntimeError as error:
                if "pipeline.indexing" not in str(error):
                    raise
                time.sleep(0.2)

    def workers(self):
        """Process identifiers of the daemon's workers."""
        found = []
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    if self.root.encode() in pathlib.Path("/proc", name, "cmdline").read_bytes() and "fake-worker" in os.readlink(
                            f"/proc/{name}/exe"):
                        found.append(int(name))
                except OSError:
                    continue
        return found

    def stop(self):
        """Seconds from SIGTERM to the exit."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=600)
        took = time.monotonic() - began
        assert status == 0, f"status {status}: {self.root}/daemon.log"
        return took

    def remove(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


def eventually(condition, seconds, what, pause=0.05):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(pause)
    raise RuntimeError(f"waited {seconds} s until {what}")


def repetitive(path, rows, label):
    """Rows that share nearly all of their words: each is near thousands of others."""
    text = " ".join(WORDS[:60])
    with open(path, "w") as out:
        for number in range(rows):
            out.write(json.dumps({"prompt": f"{label} {number}: {text} {WORDS[number % len(WORDS)]}?", "completion": WORDS[number % 7]}) + "\n")


def varied(path, rows, label):
    """Rows that have little in common."""
    drawn = random.Random(label)
    with open(path, "w") as out:
        for number in range(rows):
            words = " ".join(drawn.choices(WORDS, k=16))
            out.write(json.dumps({"prompt": f"{label} {number}: {words}?", "completion": WORDS[number % 7]}) + "\n")


class Asking(threading.Thread):
    """Asks again and again on a connection of its own, until told to end; what goes wrong ends it and is raised by `over`."""

    def __init__(self, daemon, pause):
        super().__init__(daemon=True)
        self.connection = Control(daemon.socket)
        self.pause = pause
        self.ends = threading.Event()
        self.error = None

    def run(self):
        try:
            while not self.ends.is_set():
                self.turn(self.connection)
                time.sleep(self.pause)
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            self.error = error
        finally:
            self.connection.close()

    def over(self):
        self.ends.set()
        self.join()
        if self.error:
            raise self.error


class Activity(Asking):
    """What is under way, as the daemon says itself: asked every 0.1 s."""

    ALL = ("storing", "reading", "verdict", "copy")

    def __init__(self, daemon):
        super().__init__(daemon, 0.1)
        self.now = frozenset()
        self.seconds = dict.fromkeys(self.ALL, 0.0)
        self.at = time.monotonic()

    def turn(self, connection):
        def states(what, pipeline):
            return {each["state"] for each in connection.ask("GET", f"/v1/{what}?pipeline={pipeline}&limit=3")}
        runs = states("runs", "judged")
        now = {
            "storing": "validated" in states("drops", "storing"), "reading": "received" in states("drops", "reading"),
            # Evaluated is scored and waits for its verdict; accepted is judged, and its version is being copied.
            "verdict": "evaluated" in runs, "copy": "accepted" in runs}
        time_now = time.monotonic()
        for name in self.now:
            self.seconds[name] += time_now - self.at
        self.at = time_now
        self.now = frozenset(name for name, is_so in now.items() if is_so)


class Latencies(Asking):
    """Asks for the status every 20 ms on one connection, as a monitor would, and notes what was under way then."""

    def __init__(self, daemon, activity=None):
        super().__init__(daemon, 0.02)
        self.activity = activity
        self.seconds = []

    def turn(self, connection):
        began = time.perf_counter()
        connection.ask("GET", "/v1/status")
        self.seconds.append((time.perf_counter() - began, self.activity.now if self.activity else frozenset()))

    def milliseconds(self, during=None):
        return sorted(took * 1000 for took, now in self.seconds if during is None or during in now)

    @staticmethod
    def at(ordered, share):
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def row(self, during=None):
        ordered = self.milliseconds(during)
        if not ordered:
            return [0, "", "", "", ""]
        return [len(ordered), *(f"{self.at(ordered, share):.1f}" for share in (0.5, 0.95, 0.99)), f"{ordered[-1]:.1f}"]


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print(flush=True)


QUIET = "[trigger]\nmanual_only = true\n"
JUDGED = QUIET + "[recipe]\nlearning_rate = 1e-4\n[data]\ngate_share = 0.4\n"
# What the answers are to keep under all of it, in milliseconds: 99 of 100, and every one.
MOST, WORST = 50, 500
# Seconds after which storing is given up in one setting; what was covered until then is said.
PATIENCE = 900


def answers(rows, files):
    """The latencies on all cores, then on one. Returns whether they were kept and everything was seen under way."""
    lines, notes, good = [], [], True
    for name, cpus in (("all cores", None), ("one core", "0")):
        # Scoring takes no time, so that verdicts and copies, which are the daemon's own work, are most of what is seen.
        daemon = Daemon(
            {"storing": QUIET, "reading": QUIET, "judged": JUDGED}, cpus, {"FAKE_WORKER_ROW_MICROSECONDS": "0"})
        try:
            daemon.drop(files["judged"], "judged")
            eventually(lambda: daemon.states("judged") == ["stored"], 300, "the judged rows are stored")
            idle = Latencies(daemon)
            idle.start()
            time.sleep(5)
            idle.over()
            lines.append([name, "idle", "5", *idle.row()])
            daemon.drop(files["repetitive"], "storing")
            eventually(lambda: daemon.states("storing") == ["validated"], 3600, "the rows are being stored")
            activity = Activity(daemon)
            busy = Latencies(daemon, activity)
            began = time.monotonic()
            activity.start()
            busy.start()
            daemon.drop(files["varied"], "reading")
            while daemon.states("storing") != ["stored"] and time.monotonic() - began < PATIENCE:
                if not any(run["state"] in BUSY | {"accepted"} for run in daemon.runs("judged")):
                    # Against the base each run passes, so that its version is copied, too.
                    if daemon.ask("GET", "/v1/pipelines/judged").get("served"):
                        daemon.ask("POST", "/v1/pipelines/judged/rollback", {"reason": "measured again"})
                    daemon.run("judged", "from-base")
                time.sleep(0.5)
            took = time.monotonic() - began
            busy.over()
            activity.over()
            is_stored = daemon.states("storing") == ["stored"]
            runs = daemon.runs("judged")
            verdicts = sum(1 for run in runs if run.get("verdict"))
            versions = len(daemon.ask("GET", "/v1/pipelines/judged/versions"))
            lines.append([name, "everything below", f"{took:.0f}", *busy.row()])
            for what in Activity.ALL:
                lines.append([name, what, f"{activity.seconds[what]:.1f}", *busy.row(what)])
            ordered = busy.milliseconds()
            most, worst = busy.at(ordered, 0.99), ordered[-1]
            missing = [what for what in Activity.ALL if not busy.milliseconds(what)]
            is_kept = most <= MOST and worst <= WORST
            good = good and is_kept and is_stored and not missing
            notes.append(
                f"On {name}: 99 of 100 answers within {most:.1f} ms (wanted {MOST}), none beyond {worst:.1f} ms (wanted {WORST}): "
                f"{'kept' if is_kept else 'NOT kept'}. {rows} rows {'stored' if is_stored else f'NOT stored within {PATIENCE} s'}, "
                f"{verdicts} verdicts given, {versions} versions copied meanwhile; "
                + (f"NOT seen under way: {', '.join(missing)}." if missing else "each was seen under way."))
        finally:
            daemon.remove()
    print(f"GET /v1/status every 20 ms while one pipeline stores {rows} rows; milliseconds\n")
    table(["daemon on", "under way", "seconds", "answers", "median", "95 %", "99 %", "worst"], lines)
    print("\n".join(notes) + "\n", flush=True)
    return good


def stop(rows, files):
    lines = []
    daemon = Daemon({"storing": QUIET, "judged": JUDGED})
    try:
        lines.append(["idle", f"{daemon.stop():.2f}", ""])
        daemon.start()
        daemon.drop(files["repetitive"], "storing")
        eventually(lambda: daemon.states("storing") == ["validated"], 3600, "the rows are being stored")
        time.sleep(5 + rows / 100_000)
        lines.append([f"in mid-storing of {rows} rows", f"{daemon.stop():.2f}", ""])
        began = time.monotonic()
        daemon.start()
        eventually(lambda: daemon.states("storing") == ["stored"], 7200, "the rows are stored")
        [drop] = daemon.drops("storing")
        lines[-1][-1] = f"{drop['rowsAccepted']} rows stored {time.monotonic() - began:.0f} s after the next start"
        daemon.drop(files["judged"], "judged")
        eventually(lambda: daemon.states("judged") == ["stored"], 300, "the judged rows are stored")
        run = daemon.run("judged")
        eventually(lambda: daemon.ask("GET", f"/v1/runs/{run}")["state"] == "evaluating", 300, "the worker is at work")
        took = daemon.stop()
        left = daemon.workers()
        daemon.start()
        state = daemon.ask("GET", f"/v1/runs/{run}")["state"]
        lines.append(["with a worker that scores", f"{took:.2f}", f"workers left behind: {len(left)}; the run goes on as {state}"])
    finally:
        daemon.remove()
    print("SIGTERM to exit, seconds\n")
    table(["daemon", "seconds", "then"], lines)


def cancel(files):
    lines = []
    daemon = Daemon({"judged": JUDGED})
    try:
        daemon.drop(files["judged"], "judged")
        eventually(lambda: daemon.states("judged") == ["stored"], 300, "the judged rows are stored")
        for number in range(5):
            run = daemon.run("judged")
            wanted = "evaluating" if number % 2 else "training"
            eventually(
                lambda: daemon.ask("GET", f"/v1/runs/{run}")["state"] == wanted and daemon.workers(), 300,
                "a worker is at work")
            began = time.monotonic()
            daemon.ask("POST", f"/v1/runs/{run}/cancel", {})
            said = time.monotonic() - began
            assert daemon.ask("GET", f"/v1/runs/{run}")["state"] == "cancelled"
            eventually(lambda: not daemon.workers(), 120, "the worker has gone")
            lines.append([wanted, f"{said:.3f}", f"{time.monotonic() - began:.3f}"])
    finally:
        daemon.remove()
    print("Cancelling a run, seconds\n")
    table(["while it is", "the run says so", "its worker has gone"], lines)


def scrape(files):
    """What a scrape costs, and how many series it gives; whether both are within their bars."""
    good = True
    for count, milliseconds, most in ((3, 20, 200), (50, 100, None)):
        names = [f"p{index}" for index in range(count)]
        daemon = Daemon({name: "[trigger]\nmanual_only = true\n" for name in names})
        try:
            for name in names:
                daemon.drop(files["judged"], name)
            for name in names:
                eventually(lambda: daemon.states(name) == ["stored"], 600, f"{name} is stored")
                daemon.run(name)
            for name in names:
                eventually(lambda: daemon.runs(name)[0]["state"] not in BUSY, 600, f"the run of {name} has ended")
            connection = Control(daemon.socket)
            times, series = [], 0
            for _ in range(60):
                began = time.monotonic()
                connection.request("GET", "/metrics")
                text = connection.getresponse().read().decode()
                times.append((time.monotonic() - began) * 1000)
                series = sum(1 for line in text.splitlines() if not line.startswith("#"))
            connection.close()
            times.sort()
            within = times[57] <= milliseconds and (most is None or series <= most)
            good = good and within
            print(f"scrape of {count} pipelines: median {times[30]:.1f} ms, 95th percentile {times[57]:.1f} ms (bar {milliseconds}), "
                  f"{series} series{f' (bar {most})' if most else ''}{'' if within else '  BEYOND ITS BAR'}", flush=True)
        finally:
            daemon.remove()
    return good


def main():
    words = [word for word in sys.argv[1:] if not word.isdigit()]
    rows = next((int(word) for word in sys.argv[1:] if word.isdigit()), 1_000_000)
    what = words[0] if words else "all"
    if what not in ("all", "answers", "stop", "cancel", "scrape"):
        sys.exit(__doc__)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="finetuned-control-data-", dir=os.environ.get("TMPDIR", "/tmp")))
    good = True
    try:
        files = {name: folder / f"{name}.jsonl" for name in ("repetitive", "varied", "judged", "many")}
        varied(files["judged"], 1500, "Judged")
        if what in ("all", "answers", "stop"):
            repetitive(files["repetitive"], rows, "Order")
        if what in ("all", "answers"):
            varied(files["varied"], rows, "Second")
            # So many that the bootstrap of a verdict takes a while.
            varied(files["many"], 20_000, "Judged")
            good = answers(rows, files)
        if what in ("all", "stop"):
            stop(rows, files)
        if what in ("all", "cancel"):
            cancel(files)
        if what in ("all", "scrape"):
            good = scrape(files) and good
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
