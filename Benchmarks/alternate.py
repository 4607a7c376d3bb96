#!/usr/bin/env python3
"""Two builds of the programs side by side, in turn: is the new one as fast as the old?

    alternate.py OLD NEW [--rounds 12] [--only training,ingest,check,status,version,start]

OLD and NEW are folders of built programs. Each round runs every figure twice with both (old, new, new, old, and the other way round in
the next round), so that a machine whose speed drifts favours neither. What decides is processor time (user and system): it does not count
the waiting for others. Printed for each figure: the medians of both, the median of the rounds' ratios new/old, an interval that holds the
true median with at least 95 % (by order statistics, nothing assumed of the distribution), and whether a build that is 2 % worse lies
outside it. Below 1 the new one is faster or smaller. Twelve rounds take some five minutes.
"""
import argparse, functools, json, math, os, pathlib, random, resource, shutil, statistics, subprocess, sys, tempfile, time

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
    """One thread, which waits for no other: with more, whoever is ahead spins, and that counts as work."""
    import bench
    bench.WORKER, bench.GGUF = str(pathlib.Path(build) / "finetune-worker"), MODEL
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = bench.train(rows(16), rows(4, seed=2), folder, threads=1)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"training, 16 rows: CPU seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            "training: peak MB": figures["peak_mb"]}


@functools.cache
def lines(count):
    return "".join(json.dumps(row) + "\n" for row in rows(count))


def ingest(build, folder):
    """From the rename of a file of 40,000 rows to all of them stored."""
    file = pathlib.Path(folder, "data.jsonl")
    file.write_text(lines(40_000))
    with Daemon(build) as daemon:
        cpu = cpu_of(daemon.process.pid)
        file.rename(pathlib.Path(daemon.root, "var/lib/finetuned/drop/bench/data.jsonl"))
        while True:
            drops = json.loads(daemon.ftctl("drops", "--json").stdout or "[]")
            if drops and drops[0]["state"] in ("stored", "quarantined"):
                break
            # Seldom: what is measured is the daemon's time, and answering is part of it.
            time.sleep(0.25)
        return {"ingest, 40,000 rows: CPU seconds": cpu_of(daemon.process.pid) - cpu}


def cpu_of(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def check(build, folder):
    file = pathlib.Path(folder, "data.jsonl")
    file.write_text(lines(200_000))
    _, cpu = measure([pathlib.Path(build) / "ftctl", "data", "check", str(file)])
    return {"data check, 200,000 rows: CPU seconds": cpu}


def version(build, _):
    _, cpus = zip(*(measure([pathlib.Path(build) / "ftctl", "--version"]) for _ in range(10)))
    return {"ftctl --version: CPU ms": statistics.mean(cpus) * 1000}


def status(build, _):
    with Daemon(build) as daemon:
        walls, cpus = zip(*(measure([daemon.build / "ftctl", "status", "--root", daemon.root]) for _ in range(10)))
    return {"ftctl status, idle: ms": statistics.median(walls) * 1000, "ftctl status: CPU ms": statistics.mean(cpus) * 1000}


def start(build, _):
    with Daemon(build) as daemon:
        time.sleep(0.5)
        resident = next(int(line.split()[1]) for line in open(f"/proc/{daemon.process.pid}/status") if line.startswith("VmRSS"))
        return {"daemon: ms to its socket": daemon.ready * 1000, "daemon: resident MB, idle": resident / 1024}


FIGURES = {f.__name__: f for f in (training, ingest, check, status, version, start)}


def interval(ratios):
    """The narrowest order statistics that hold the true median with at least 95 %; all of them where there are too few."""
    ordered, count = sorted(ratios), len(ratios)
    missed, rank = 2 * 0.5 ** count, 0
    while rank + 1 < count / 2:
        missed += 2 * math.comb(count, rank + 1) * 0.5 ** count
        if missed > 0.05:
            break
        rank += 1
    return ordered[rank], ordered[-1 - rank]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--only", default=",".join(FIGURES))
    options = parser.parse_args()
    builds = {"old": options.old, "new": options.new}
    values = {}
    for number in range(options.rounds):
        order = ["old", "new", "new", "old"] if number % 2 == 0 else ["new", "old", "old", "new"]
        for name in options.only.split(","):
            seen = {}
            for side in order:
                with tempfile.TemporaryDirectory() as folder:
                    for figure, value in FIGURES[name](builds[side], folder).items():
                        seen.setdefault(figure, {"old": [], "new": []})[side].append(value)
            for figure, sides in seen.items():
                for side, both in sides.items():
                    values.setdefault(figure, {"old": [], "new": []})[side].append(statistics.mean(both))
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    print(f"| figure | old | new | ratio, median of {options.rounds} rounds | interval | 2 % worse |\n|---|---|---|---|---|---|")
    for figure, sides in values.items():
        ratios = [new / old for old, new in zip(sides["old"], sides["new"]) if old]
        low, high = interval(ratios)
        print(f"| {figure} | {statistics.median(sides['old']):.4g} | {statistics.median(sides['new']):.4g} "
              f"| {statistics.median(ratios):.3f} | {low:.3f} to {high:.3f} | {'outside' if high < 1.02 else 'NOT excluded'} |")


if __name__ == "__main__":
    main()
