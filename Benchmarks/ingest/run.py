#!/usr/bin/env python3
"""The figures of the way in, each remade by one command.

    run.py parsers                 JSON readers: the strict one in Swift, Foundation's, simdjson's (needs g++ and libsimdjson-dev)
    run.py rows [N]                N rows (1,000,000) through validate, deduplicate, store, tokenize: rows/s, peak memory of daemon and worker
    run.py compare [N]             N rows (50,000) the same way, beside the same steps in Python (datasets + datasketch + tokenizers)
    run.py check [MB]              `ftctl data check` of a file of that size (2048): MB/s and peak memory
    run.py latency [N]             rename to queued for a 1,000-row file: median and 95th percentile of N files (40)
    run.py many [N]                N files (10,000) dropped at once: none lost, none twice, memory
    run.py idle [N]                CPU and memory of the daemon with N watched folders (100) over 60 s

Programs are taken from .build/release (FINETUNED_BUILD names another folder), the model from models/ (`rows` and `compare`), the peers
from FINETUNED_PEERS_PYTHON (Benchmarks/peers/prepare.sh makes it).
"""
import json, os, pathlib, random, shutil, sqlite3, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FINETUNED_BUILD", ROOT / ".build/release"))
MODEL = ROOT / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
PYTHON = os.environ.get("FINETUNED_PEERS_PYTHON", str(ROOT / ".venv-peers/bin/python"))
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
    """A daemon on a root of its own; its base is one that no worker loads, or the real one."""

    def __init__(self, pipelines, settle=0.0, extra="", real=False):
        self.root = tempfile.mkdtemp(prefix="finetuned-bench-", dir=os.environ.get("TMPDIR", "/tmp"))
        etc = pathlib.Path(self.root, "etc/finetuned/pipelines")
        etc.mkdir(parents=True)
        etc.parent.joinpath("finetuned.toml").write_text(f'minimum_free = "1M"\n{extra}[worker]\nprogram = "{BUILD / ("finetune-worker" if real else "fake-worker")}"\n')
        for name in pipelines:
            etc.joinpath(f"{name}.toml").write_text(f'base = "tiny"\n[trigger]\nsettle_seconds = {settle}\nminimum_rows = 1\n')
        self.log = open(pathlib.Path(self.root, "daemon.log"), "w")
        self.process = subprocess.Popen([BUILD / "finetuned", "--root", self.root], stdout=self.log, stderr=self.log)
        self.wait(lambda: self.ftctl("status").returncode == 0, 60)
        base = MODEL
        if not real:
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

    def workers_peak(self):
        """Peak memory of the workers that run now."""
        peak = 0.0
        for path in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                fields = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
            except OSError:
                continue
            if int(fields["PPid"]) == self.process.pid and "VmHWM" in fields:
                peak = max(peak, int(fields["VmHWM"].split()[0]) / 1024)
        return peak

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


def ingest(source, count):
    """Drops the file; seconds until its rows are validated, stored and tokenized, rows kept, and peak memory."""
    daemon = Daemon(["p"], settle=36000, real=True)
    try:
        place = daemon.drop_folder("p").parent / "rows.jsonl"
        shutil.copy(source, place)
        start = time.time()
        os.rename(place, daemon.drop_folder("p") / "rows.jsonl")
        validated = stored = None
        worker = 0.0
        while True:
            state = [s for (s,) in daemon.query("SELECT state FROM drop_file")]
            assert state in ([], ["received"], ["validated"], ["stored"]), state
            if validated is None and state and state[0] != "received":
                validated = time.time() - start
            worker = max(worker, daemon.workers_peak())
            if state == ["stored"]:
                stored = stored or time.time() - start
                report = daemon.query("SELECT body FROM quality_report WHERE subject = ''")
                tokens = json.loads(report[0][0]).get("tokens") if report else None
                if tokens:
                    break
            time.sleep(0.1)
        took = time.time() - start
        kept = daemon.query("SELECT COUNT(*) FROM dataset_row")[0][0]
        assert tokens["rows"] == kept, (tokens["rows"], kept)
        return {"validated": validated, "stored": stored, "took": took, "kept": kept, "rows_s": count / took,
                "daemon_mb": daemon.status("VmHWM"), "worker_mb": worker}
    finally:
        daemon.stop()


def shown(got, count, size):
    print(f"{count} rows, {size / 1e6:.0f} MB, {got['kept']} kept: validated after {got['validated']:.1f} s, stored after {got['stored']:.1f} s, "
          f"tokenized after {got['took']:.1f} s: {got['rows_s']:.0f} rows/s; peak memory {got['daemon_mb']:.0f} MB (daemon), {got['worker_mb']:.0f} MB (worker)",
          flush=True)


def rows(count=1_000_000):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "rows.jsonl"
        write_rows(source, 0, count)
        shown(ingest(source, count), count, source.stat().st_size)


def compare(count=50_000):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "rows.jsonl"
        write_rows(source, 0, count)
        got = ingest(source, count)
        shown(got, count, source.stat().st_size)
        done = subprocess.run([PYTHON, ROOT / "Benchmarks/ingest/peer.py", source], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        peer = json.loads(done.stdout.splitlines()[-1])
        print(f"{peer['what']}: {peer['rows_s']:.0f} rows/s, {peer['kept']} kept, peak {peer['peak_mb']:.0f} MB: the daemon is {got['rows_s'] / peer['rows_s']:.1f} times as fast")


def check(megabytes=2048):
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/tmp")) as folder:
        piece, source = pathlib.Path(folder) / "piece.jsonl", pathlib.Path(folder) / "rows.jsonl"
        count = 0
        with open(source, "wb") as out:
            while out.tell() < megabytes << 20:
                write_rows(piece, count, 50_000)
                out.write(piece.read_bytes())
                count += 50_000
        start = time.time()
        process = subprocess.Popen([BUILD / "ftctl", "data", "check", source], stdout=subprocess.PIPE, text=True)
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        took = time.time() - start
        size = source.stat().st_size / 1e6
        print(f"{size:.0f} MB, {count} rows checked in {took:.1f} s ({size / took:.0f} MB/s), peak {usage.ru_maxrss / 1024:.0f} MB, status {os.waitstatus_to_exitcode(status)}")
        print(said[-600:])


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
        time.sleep(60)
        used = daemon.cpu() - before
        print(f"{count} watched folders: {used:.2f} s of processor time in 60 s ({used / 0.6:.2f} %), {daemon.status('VmRSS'):.0f} MB")
    finally:
        daemon.stop()


if __name__ == "__main__":
    commands = {"parsers": parsers, "rows": rows, "compare": compare, "check": check, "latency": latency, "many": many, "idle": idle}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        raise SystemExit(__doc__)
    commands[sys.argv[1]](*map(int, sys.argv[2:3]))
