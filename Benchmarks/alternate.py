#!/usr/bin/env python3
"""Two builds of the programs side by side, in turn: is the new one as fast as the old?

    alternate.py OLD NEW [--rounds 9] [--only training,ingest,check,status,version,start]

OLD and NEW are folders of built programs. Each round runs every figure with both, the first one changing from round to round, so that
a machine whose speed drifts favours neither. Printed for each figure: the medians of both, the median of the rounds' ratios new/old, and
an interval that holds the true median with 96 % for nine rounds (the second smallest to the second largest). Below 1 the new one is
faster or smaller.
"""
import argparse, json, os, pathlib, random, resource, shutil, statistics, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODEL = ROOT / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
sys.path.insert(0, str(ROOT / "Benchmarks/training"))
WORDS = "ticket printer cable screen login password invoice refund parcel late broken update install slow error window account".split()


def rows(count, seed=1):
    rng = random.Random(seed)
    labels = ["billing", "hardware", "access", "delivery"]
    return [{"prompt": f"Ticket {i}: " + " ".join(rng.choice(WORDS) for _ in range(rng.randint(8, 40))),
             "completion": rng.choice(labels)} for i in range(count)]


def measure(command, **options):
    """Wall and CPU seconds, and peak resident MB of a command."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        sys.exit(f"{command} left with {done.returncode}: {done.stderr.decode()[-2000:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Daemon:
    """A daemon on a root of its own, whose base no worker loads."""

    def __init__(self, build):
        self.build, self.root = pathlib.Path(build), tempfile.mkdtemp(prefix="ft-")
        etc = pathlib.Path(self.root, "etc/finetuned/pipelines")
        etc.mkdir(parents=True)
        etc.parent.joinpath("finetuned.toml").write_text(f'minimum_free = "1M"\n[worker]\nprogram = "{self.build / "fake-worker"}"\n')
        etc.joinpath("bench.toml").write_text('base = "tiny"\n[trigger]\nmanual_only = true\n')
        started = time.perf_counter()
        self.process = subprocess.Popen([self.build / "finetuned", "--root", self.root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        socket = pathlib.Path(self.root, "run/finetuned.sock")
        while not socket.exists() and self.process.poll() is None:
            time.sleep(0.001)
        self.ready = time.perf_counter() - started
        self.ftctl("status")

    def ftctl(self, *arguments):
        return subprocess.run([self.build / "ftctl", *arguments, "--root", self.root], capture_output=True, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


def training(build, folder):
    import bench
    bench.WORKER, bench.GGUF = str(pathlib.Path(build) / "finetune-worker"), MODEL
    figures = bench.train(rows(24), rows(4, seed=2), folder)
    return {"training: seconds": figures["seconds"], "training: peak MB": figures["peak_mb"]}


def ingest(build, folder):
    """From the rename of a file of 20,000 rows to all of them stored."""
    file = pathlib.Path(folder, "data.jsonl")
    file.write_text("".join(json.dumps(row) + "\n" for row in rows(20_000)))
    with Daemon(build) as daemon:
        started, cpu = time.perf_counter(), cpu_of(daemon.process.pid)
        file.rename(pathlib.Path(daemon.root, "var/lib/finetuned/drop/bench/data.jsonl"))
        while True:
            drops = json.loads(daemon.ftctl("drops", "--json").stdout or "[]")
            if drops and drops[0]["state"] in ("stored", "quarantined"):
                break
            time.sleep(0.05)
        return {"ingest: seconds": time.perf_counter() - started, "ingest: CPU seconds": cpu_of(daemon.process.pid) - cpu}


def cpu_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def check(build, folder):
    file = pathlib.Path(folder, "data.jsonl")
    file.write_text("".join(json.dumps(row) + "\n" for row in rows(40_000)))
    wall, cpu = measure([pathlib.Path(build) / "ftctl", "data", "check", str(file)])
    return {"data check of 40,000 rows: seconds": wall, "data check: CPU seconds": cpu}


def version(build, _):
    walls, cpus = zip(*(measure([pathlib.Path(build) / "ftctl", "--version"]) for _ in range(10)))
    return {"ftctl --version: ms": statistics.median(walls) * 1000, "ftctl --version: CPU ms": statistics.mean(cpus) * 1000}


def status(build, _):
    with Daemon(build) as daemon:
        walls, cpus = zip(*(measure([daemon.build / "ftctl", "status", "--root", daemon.root]) for _ in range(10)))
    return {"ftctl status, idle: ms": statistics.median(walls) * 1000, "ftctl status: CPU ms": statistics.mean(cpus) * 1000}


def start(build, _):
    with Daemon(build) as daemon:
        time.sleep(1)
        resident = next(int(line.split()[1]) for line in open(f"/proc/{daemon.process.pid}/status") if line.startswith("VmRSS"))
        return {"daemon: ms to its socket": daemon.ready * 1000, "daemon: resident MB, idle": resident / 1024}


FIGURES = {f.__name__: f for f in (training, ingest, check, status, version, start)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default=",".join(FIGURES))
    options = parser.parse_args()
    values = {}
    for number in range(options.rounds):
        builds = [("old", options.old), ("new", options.new)]
        for side, build in builds if number % 2 == 0 else builds[::-1]:
            for name in options.only.split(","):
                with tempfile.TemporaryDirectory() as folder:
                    for figure, value in FIGURES[name](build, folder).items():
                        values.setdefault(figure, {"old": [], "new": []})[side].append(value)
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    print(f"| figure | old | new | ratio, median of {options.rounds} rounds | interval |\n|---|---|---|---|---|")
    for figure, sides in values.items():
        ratios = sorted(new / old for old, new in zip(sides["old"], sides["new"]) if old)
        low, high = (ratios[1], ratios[-2]) if len(ratios) > 3 else (ratios[0], ratios[-1])
        print(f"| {figure} | {statistics.median(sides['old']):.4g} | {statistics.median(sides['new']):.4g} "
              f"| {statistics.median(ratios):.3f} | {low:.3f} to {high:.3f} |")


if __name__ == "__main__":
    main()
