#!/usr/bin/env python3
"""Ten days of a real labelled task through the daemon: what it decides each day, whether that was right, and what it costs.

usage: run.py BUILD [--before BUILD] [--days 10] [--rows 150] [--held 400] [--only product,newest,once,before,linear] [--keep FOLDER]

BUILD is a folder of built programs (finetuned, ftctl, finetune-worker, and bench-yardstick for the last column). Each day a file of --rows rows
of Debian's sections (tools/debian_sections.py) is dropped; day 4 has 40 % of its labels shuffled, day 6 brings the class `electronics`, of
which no row came before, and day 8 brings rows that are easily told (their synopsis names their section). After each day what is served
answers --held rows that the product never sees. Beside it: `newest`, the same pipeline in which every candidate is promoted by force and
every day is trained; `once`, one run from the base on all rows; `linear`, the linear model on n-grams fitted to all rows; `before`, the
first column by another build. A day's seconds are those in which a run was at work; training is the share of them in training. Leaves by 1
where the final model is worse than `newest` by more than two standard errors, a day costs more than 1.5 times the training of day 2, or
the day with nothing to learn more than 0.15 times.
"""
import argparse
import datetime
import json
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
SHUFFLED, NEW_CLASS, NOTHING_NEW = 4, 6, 8
WITHHELD = "electronics"
TOLD = {"python": "python", "fonts": "font", "games": "game"}
PIPELINE = """base = "smollm2"
[trigger]
settle_seconds = 1.0
minimum_new_rows = 1
{trigger}[recipe]
learning_rate = 1e-3
batch_rows = 16
[gates]
primary = "accuracy"
"""


def drops(days, count, held):
    """The rows of each day, and those that only measure."""
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        subprocess.run([str(ROOT / "tools/debian_sections.py"), file.name, "0", "8000"], check=True)
        rows = [json.loads(line) for line in file]
    measured, rows = rows[:held], rows[held:]
    def told(row):
        return TOLD.get(row["completion"], "\n") in row["prompt"].split("\n")[1].lower()
    easy = [row for row in rows if told(row)][:count]
    taken = {row["prompt"] for row in easy}
    rows = [row for row in rows if row["prompt"] not in taken]
    known, rng, result = [row for row in rows if row["completion"] != WITHHELD], random.Random(1), []
    labels = sorted({row["completion"] for row in known})
    for day in range(1, days + 1):
        if day == NOTHING_NEW:
            result.append(easy)
            continue
        source = known if day < NEW_CLASS else rows
        today, source[:] = source[:count], source[count:]
        if day < NEW_CLASS:
            used = {row["prompt"] for row in today}
            rows = [row for row in rows if row["prompt"] not in used]
        if day == SHUFFLED:
            for index in rng.sample(range(count), count * 2 // 5):
                other = [label for label in labels if label != today[index]["completion"]]
                today[index] = {**today[index], "completion": rng.choice(other)}
        result.append(today)
    return result, measured


class Daemon:
    def __init__(self, build, root, trigger=""):
        self.build, self.root = pathlib.Path(build), pathlib.Path(root)
        etc = self.root / "etc/finetuned/pipelines"
        etc.mkdir(parents=True)
        shutil.copy(ROOT / "etc/finetuned/finetuned.toml", etc.parent)
        (etc / "sections.toml").write_text(PIPELINE.format(trigger=trigger))
        self.log = open(self.root / "log", "w")
        self.process = subprocess.Popen([self.build / "finetuned", "--root", root], stdout=self.log, stderr=self.log)
        for _ in range(300):
            if self.call("status").returncode in (0, 2, 3):
                break
            time.sleep(0.1)
        else:
            sys.exit(f"The daemon did not start: {(self.root / 'log').read_text()[-2000:]}")
        self.ask("base", "add", str(MODEL), "--id", "smollm2", "--licence", "Apache-2.0")

    def call(self, *arguments):
        return subprocess.run([self.build / "ftctl", *arguments, "--root", str(self.root)], capture_output=True, text=True)

    def ask(self, *arguments):
        done = self.call(*arguments)
        if done.returncode not in (0, 2):
            sys.exit(f"ftctl {' '.join(arguments)[:200]} left with {done.returncode}: {done.stdout[-500:]} {done.stderr[-2000:]}")
        return done.stdout

    def runs(self):
        return json.loads(self.ask("runs", "--pipeline", "sections", "--json") or "[]")

    def served(self):
        """The version that is served; None before the first promotion."""
        history = json.loads(self.ask("history", "sections", "--json") or "[]")
        return max(history, key=lambda record: record["sequence"]).get("version") if history else None

    def drop(self, rows, name):
        """Drops a file and waits until nothing is left to do for it; the runs that there are then."""
        before = {run["id"] for run in self.runs()}
        file = self.root / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        self.call("drop", "sections", str(file), "--watch")
        quiet = 0
        while quiet < 4:
            busy = [r for r in self.runs() if r["state"] not in ("rejected", "failed", "cancelled", "delivered", "inconclusive", "promoted")]
            quiet = 0 if busy else quiet + 1
            time.sleep(0.5)
        return [run for run in self.runs() if run["id"] not in before]

    def right(self, rows, model=None):
        """The share of rows that a model answers rightly: what is served, or a version; None where it cannot be asked any more."""
        texts = []
        for first in range(0, len(rows), 100):
            prompts = [row["prompt"] for row in rows[first:first + 100]]
            done = self.call("generate", "sections", *prompts, *(["--model", model] if model else []), "--max-new-tokens", "8", "--json")
            if done.returncode and "model.removed" in done.stderr:
                return None
            if done.returncode:
                sys.exit(f"ftctl generate left with {done.returncode}: {done.stderr[-2000:]}")
            outputs = json.loads(done.stdout)["outputs"]
            texts += [output["text"].strip() for output in sorted(outputs, key=lambda output: output["index"])]
        return sum(text == row["completion"] for text, row in zip(texts, rows)) / len(rows)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def stream(build, root, days, measured, name, force=False):
    """One column: what was done each day."""
    daemon, told = Daemon(build, root, "skip_known = false\n" if force else ""), []
    try:
        was = None
        for day, rows in enumerate(days, 1):
            runs = []
            for run in daemon.drop(rows, f"day-{day:02}"):
                if force and run["state"] not in ("promoted", "delivered"):
                    daemon.call("promote", run["id"], "--force")
                runs.append({
                    "id": run["id"], "state": run["state"], "mode": run["mode"], "steps": (run.get("training") or {}).get("steps"),
                    "training": (run.get("training") or {}).get("seconds"), "seconds": seconds(run),
                    "summary": (run.get("verdict") or {}).get("summary") or (run.get("cause") or {}).get("message"),
                    "right": daemon.right(measured, run["version"]) if run.get("version") else None})
            served = daemon.served()
            told.append({"day": day, "runs": runs, "served": served, "right": daemon.right(measured) if served else None, "was": was})
            was = told[-1]["right"]
            print(name, json.dumps(told[-1]), flush=True)
        return told, (daemon.root / "log").read_text()
    finally:
        daemon.stop()


def seconds(run):
    """Seconds between the first work on a run and its end."""
    begun, over = run.get("startedAt"), run.get("finishedAt")
    if not begun or not over:
        return None
    return (datetime.datetime.fromisoformat(over) - datetime.datetime.fromisoformat(begun)).total_seconds()


def hindsight(day):
    """Whether what was done with a day's candidates was right, by the rows that the product never saw (a margin of two points)."""
    said = []
    for run in day["runs"]:
        if run["right"] is None:
            continue
        gain = run["right"] - (day["was"] or 0)
        taken = run["state"] in ("promoted", "delivered")
        said.append("right" if (gain > -0.02 if taken else gain < 0.02) else "wrong")
    return ", ".join(said) or "–"


def linear(build, days, measured, folder):
    """The linear model on n-grams, fitted to every row."""
    rows = [row for day in days for row in day]
    file = pathlib.Path(folder, "linear.jsonl")
    file.write_text("".join(json.dumps(row) + "\n" for row in rows + measured))
    said = subprocess.run([pathlib.Path(build, "bench-yardstick"), file, str(len(measured)), str(len(rows))], capture_output=True, text=True, check=True)
    return float(said.stdout.split()[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--before")
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--rows", type=int, default=150)
    parser.add_argument("--held", type=int, default=400)
    parser.add_argument("--only", default="product,newest,once,linear,before")
    parser.add_argument("--keep")
    options = parser.parse_args()
    days, measured = drops(options.days, options.rows, options.held)
    folder = options.keep or tempfile.mkdtemp(prefix="ft-stream-")
    wanted, columns = options.only.split(","), {}
    for name in wanted:
        build = options.before if name == "before" else options.build
        root = os.path.join(folder, name)
        if name == "once":
            columns[name] = stream(build, root, [[row for day in days for row in day]], measured, name)[0]
        elif name in ("product", "newest") or (name == "before" and build):
            columns[name] = stream(build, root, days, measured, name, force=name == "newest")[0]
    print("| day | " + " | ".join(f"{name}: steps, training s, all s, state; of {len(measured)} rows right" for name in columns if name != "once")
          + " | the decision, by these rows |")
    shown = [name for name in columns if name != "once"]
    print("|---|" + "---|" * (len(shown) + 1))
    for day in range(options.days):
        cells = []
        for name in shown:
            today = columns[name][day]
            runs = "; ".join(f"{r['steps'] or 0}, {r['training'] or 0:.0f}, {r['seconds'] or 0:.0f}, {r['state']}" for r in today["runs"]) or "no run"
            cells.append(f"{runs}; {today['right'] if today['right'] is None else format(today['right'], '.3f')}")
        print(f"| {day + 1} | " + " | ".join(cells) + f" | {hindsight(columns[shown[0]][day]) if shown else '–'} |")
    if "once" in columns:
        print(f"one run from the base on everything: {columns['once'][0]['right']}")
    if "linear" in wanted:
        print(f"the linear model on n-grams, fitted to everything: {linear(options.build, days, measured, folder):.3f}")
    if not options.keep:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(judge(columns, len(measured)))


def judge(columns, held):
    """0 where the bars hold; says which do not."""
    if "product" not in columns:
        return 0
    missed, days = [], columns["product"]
    trained = [sum(run["training"] or 0 for run in day["runs"]) for day in days]
    for index, value in enumerate(trained[2:], 3):
        bar = 0.15 if index == NOTHING_NEW else 1.5
        if value > bar * trained[1]:
            missed.append(f"day {index} trained {value:.0f} s, {value / trained[1]:.2f} of day 2's (bar {bar})")
    if "newest" in columns:
        own, other = days[-1]["right"], columns["newest"][-1]["right"]
        if own + 2 * math.sqrt(other * (1 - other) / held) < other:
            missed.append(f"the final model is right on {own:.3f}, and always the newest on {other:.3f}")
    for line in missed:
        print("missed:", line)
    return 1 if missed else 0


if __name__ == "__main__":
    main()
