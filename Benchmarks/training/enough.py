#!/usr/bin/env python3
"""What is saved and lost where training ends once nothing is left to gain: three tasks, each trained in full and with the rule.

usage: enough.py [--only json,sections,synopsis] [--rows 360] [--held 60] [--asked 200] [--epochs 3] [--rate 5e-4]

`json`: lines of text into a JSON object, which can be learnt wholly. `sections`: Debian's section of a package by its synopsis, eight
classes, judged by accuracy. `synopsis`: a package's synopsis by its name and tags, free text, judged by the loss. --held validation rows
say what is left, by the rule that a pipeline of that kind has; --asked other rows are answered by both models. Printed: steps,
seconds, what was left at each measurement, loss, and the share of right answers.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Benchmarks/training"), str(ROOT / "Benchmarks/judging")]
import bench  # noqa: E402
import run as judging  # noqa: E402

RIGHT, LOSS = {"measure": "wrong-answers", "below": 0.01}, {"measure": "loss", "below": 0.01}


def orders(count):
    """Lines of text and what they say as JSON."""
    rng, rows = random.Random(5), []
    while len(rows) < count:
        amount, colour = rng.randint(2, 60), rng.choice("red blue green black white grey brown".split())
        thing = rng.choice("chairs tables lamps shelves desks beds mirrors rugs".split())
        city, day = rng.choice("Berlin Oslo Rome Paris Vienna Madrid Prague Dublin".split()), rng.choice("Monday Tuesday Friday Sunday".split())
        line = rng.choice(["Please send {n} {c} {t} to {p} by {d}.", "{p} needs {n} {t} in {c}, {d} at the latest.", "{d}: {n} {c} {t}, {p}"])
        wanted = {"city": city, "colour": colour, "count": amount, "day": day, "item": thing}
        rows.append({"prompt": line.format(n=amount, c=colour, t=thing, p=city, d=day), "completion": json.dumps(wanted)})
    return rows


def debian(tool, count):
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as file:
        subprocess.run([str(ROOT / "tools" / tool), file.name, "0", str(count)], check=True)
        return [json.loads(line) for line in file]


TASKS = {"json": (orders, RIGHT), "sections": (lambda count: debian("debian_sections.py", count), RIGHT),
         "synopsis": (lambda count: debian("debian_synopsis.py", count), LOSS)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="json,sections,synopsis")
    for name, usual in (("rows", 360), ("held", 60), ("asked", 200)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--rate", type=float, default=5e-4)
    options = parser.parse_args()
    print("| task | trained | steps | seconds | left at each measurement | loss a token | right answers |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for task in options.only.split(","):
            make, rule = TASKS[task]
            rows = make(options.rows + options.held + options.asked)
            train, held = rows[:options.rows], rows[options.rows:options.rows + options.held]
            asked = rows[options.rows + options.held:]
            for said, enough in (("in full", None), ("until enough", rule)):
                folder = pathlib.Path(name, task, said.replace(" ", "-"))
                found = bench.train(train, held, folder, rate=options.rate, epochs=options.epochs, enough=enough)
                events = [json.loads(line) for line in open(folder / "events.jsonl")]
                left = [event["validation"].get("left") for event in events if event["event"] == "validation"]
                gate = {"name": "gate", "files": [judging.canonical(asked, folder / "asked.jsonl", "gate")]}
                # Answers that no class bounds: nothing is cut, the texts are compared whole.
                _, records, _ = judging.evaluate(bench.WORKER, folder / "asked", [gate], None, [found["adapter"]], None, None)
                records = records["gate"]
                loss = sum(r["lossSum"] for r in records) / sum(r["tokens"] for r in records)
                right = sum(r["output"].strip() == r["reference"].strip() for r in records) / len(records)
                print(f"| {task} | {said} | {found['steps']} | {found['seconds']:.0f} | {', '.join(f'{x:.3g}' for x in left if x is not None)} "
                      f"| {loss:.4f} | {right:.3f} |", flush=True)


if __name__ == "__main__":
    main()
