#!/usr/bin/env python3
"""The figures of the way in, each remade by one command.

    run.py parsers                 JSON readers: the strict one in Swift, Foundation's, simdjson's (needs g++ and libsimdjson-dev)
    run.py rows [N]                N rows (1,000,000) through validate, deduplicate, store: rows/s and peak memory of the daemon
    run.py peer [N]                the same steps in Python (datasets + datasketch + tokenizers), rows/s over N rows (20,000)
    run.py latency [N]             rename to queued for a 1,000-row file: median and 95th percentile of N files (40)
    run.py many [N]                N files (10,000) dropped at once: none lost, none twice, memory
    run.py idle [N]                CPU and memory of the daemon with N watched folders (100) over 30 s

Programs are taken from .build/release (FINETUNED_BUILD names another folder).
"""
import json, os, pathlib, random, shutil, sqlite3, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FINETUNED_BUILD", ROOT / ".build/release"))
WORDS = [w.strip() for w in (ROOT / "README.md").read_text().split() if w.isalpha()][:2000]


def row(i, rng):
    text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(8, 40)))
    return {"prompt": f"Question {i}: {text}?", "completion": " ".join(rng.choice(WORDS) for _ in range(rng.randint(3, 20)))}


def write_rows(path, start, count, seed=1):
    rng = random.Random(seed * 1_000_003 + start)
    line = ""
    with open(path, "w") as out:
        for i in range(start, start + count):
            # One row in fifty was there before, as in real data.
            if i % 50 or not line:
                line = json.dumps(row(i, rng)) + "\n"
            out.write(line)


class Daemon:
    """A daemon on a root of its own, with one base that no worker loads."""

    def __init__(self, pipelines, settle=0.0, extra=""):
        self.root = tempfile.mkdtemp(prefix="finetuned-bench-", dir=os.environ.get("TMPDIR", "/tmp"))
        etc = pathlib.Path(self.root, "etc/finetuned/pipelines")
        etc.mkdir(parents=True)
        etc.parent.joinpath("finetuned.toml").write_text(f'minimum_free = "1M"\n{extra}[worker]\nprogram = "{BUILD / "fake-worker"}"\n')
        for name in pipelines:
            etc.joinpath(f"{name}.toml").write_text(f'base = "tiny"\n[trigger]\nsettle_seconds = {settle}\nminimum_rows = 1\n')
        self.log = open(pathlib.Path(self.root, "daemon.log"), "w")
        self.process = subprocess.Popen([BUILD / "finetuned", "--root", self.root], stdout=self.log, stderr=self.log)
        self.wait(lambda: self.ftctl("status").returncode == 0, 60)
        base = pathlib.Path(self.root, "tiny.gguf")
        base.write_text("a base model, to the fake worker")
        added = self.ftctl("base", "add", str(base), "--id", "tiny")
        assert added.returncode == 0, added.stdout + added.stderr

    def ftctl(self, *arguments):
        return subprocess.run([BUILD / "ftctl", *arguments, "--root", self.root], capture_output=True, text=True)

    def drop_folder(self, pipeline):
        return pathlib.Path(self.root, "var/lib/finetuned/drop", pipeline)

    def query(self, sql, *arguments):
        db = sqlite3.connect(f"file:{self.root}/var/lib/finetuned/ledger.sqlite?mode=ro", uri=True, timeout=30)
        try:
            return db.execute(sql, arguments).fetchall()
        finally:
            db.close()

    def status(self, key):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(key + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def cpu(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def wait(condition, seconds):
        end = time.time() + seconds
        while not condition():
            if time.time() > end:
                raise SystemExit("gave up waiting; see the daemon's log")
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        shutil.rmtree(self.root, ignore_errors=True)


def parsers():
    source = pathlib.Path(tempfile.mkdtemp()) / "rows.jsonl"
    write_rows(source, 0, 200_000)
    program = source.with_name("simdjson")
    subprocess.run(["g++", "-O3", "-march=native", "-o", program, ROOT / "Benchmarks/ingest/simdjson.cpp", "-lsimdjson"], check=True)
    subprocess.run([BUILD / "bench-ingest", source], check=True)
    subprocess.run([program, source], check=True)
    shutil.rmtree(source.parent)


def rows(count=1_000_000):
    daemon = Daemon(["p"], settle=3600)
    try:
        source = daemon.drop_folder("p").parent / "rows.jsonl"
        write_rows(source, 0, count)
        size = source.stat().st_size
        start = time.time()
        os.rename(source, daemon.drop_folder("p") / "rows.jsonl")
        validated = None
        while True:
            state = [s for (s,) in daemon.query("SELECT state FROM drop_file")]
            if validated is None and state and state[0] != "received":
                validated = time.time() - start
            if state == ["stored"]:
                break
            assert state in ([], ["received"], ["validated"]), state
            time.sleep(0.1)
        took = time.time() - start
        kept = daemon.query("SELECT COUNT(*) FROM dataset_row")[0][0]
        print(f"{count} rows, {size / 1e6:.0f} MB, {kept} kept: validated after {validated:.1f} s, stored after {took:.1f} s: "
              f"{count / took:.0f} rows/s; peak memory {daemon.status('VmHWM'):.0f} MB")
    finally:
        daemon.stop()


def peer(count=20_000):
    source = pathlib.Path(tempfile.mkdtemp()) / "rows.jsonl"
    write_rows(source, 0, count)
    subprocess.run([sys.executable, ROOT / "Benchmarks/ingest/peer.py", source], check=True)
    shutil.rmtree(source.parent)


def latency(count=40):
    names = [f"p{i:03}" for i in range(count)]
    daemon = Daemon(names)
    try:
        took = []
        for i, name in enumerate(names):
            source = daemon.drop_folder(name).parent / "rows.jsonl"
            write_rows(source, 0, 1000, seed=i + 2)
            start = time.time()
            os.rename(source, daemon.drop_folder(name) / "rows.jsonl")
            daemon.wait(lambda: daemon.query("SELECT 1 FROM run WHERE pipeline = ?", name), 30)
            queued = daemon.query("SELECT created_at FROM run WHERE pipeline = ?", name)[0][0]
            took.append(queued - start)
        took.sort()
        print(f"rename to queued, {count} files of 1,000 rows: median {took[len(took) // 2] * 1e3:.0f} ms, "
              f"95th percentile {took[int(len(took) * 0.95)] * 1e3:.0f} ms, longest {took[-1] * 1e3:.0f} ms")
    finally:
        daemon.stop()


def many(count=10_000):
    daemon = Daemon(["p"], settle=3600)
    try:
        hidden = daemon.drop_folder("p").parent / "hidden"
        hidden.mkdir()
        for i in range(count):
            write_rows(hidden / f"f{i}.jsonl", i * 3, 3)
        before = daemon.status("VmRSS")
        start = time.time()
        for i in range(count):
            os.rename(hidden / f"f{i}.jsonl", daemon.drop_folder("p") / f"f{i}.jsonl")
        renamed = time.time() - start
        daemon.wait(lambda: daemon.query("SELECT COUNT(*) FROM drop_file WHERE state IN ('stored', 'duplicate')")[0][0] == count, 3600)
        took = time.time() - start
        states = daemon.query("SELECT state, COUNT(*) FROM drop_file GROUP BY state")
        drops, names = daemon.query("SELECT COUNT(*), COUNT(DISTINCT json_extract(body, '$.name')) FROM drop_file")[0]
        rows = daemon.query("SELECT COUNT(*) FROM dataset_row")[0][0]
        assert drops == names == count, (drops, names)
        print(f"{count} files renamed in {renamed:.1f} s, all stored after {took:.1f} s ({count / took:.0f} files/s): {dict(states)}, {rows} rows; "
              f"memory {before:.0f} MB before, {daemon.status('VmHWM'):.0f} MB at most")
    finally:
        daemon.stop()


def idle(count=100):
    daemon = Daemon([f"p{i:03}" for i in range(count)])
    try:
        time.sleep(10)
        before = daemon.cpu()
        time.sleep(30)
        used = daemon.cpu() - before
        print(f"{count} watched folders: {used:.2f} s of processor time in 30 s ({used / 0.3:.2f} %), {daemon.status('VmRSS'):.0f} MB")
    finally:
        daemon.stop()


if __name__ == "__main__":
    commands = {"parsers": parsers, "rows": rows, "peer": peer, "latency": latency, "many": many, "idle": idle}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        raise SystemExit(__doc__)
    commands[sys.argv[1]](*map(int, sys.argv[2:3]))
