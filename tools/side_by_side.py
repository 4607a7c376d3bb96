#!/usr/bin/env python3
"""Ask a pipeline's base and its served model the same questions.   side_by_side.py FTCTL PIPELINE ROWS.jsonl"""
import json
import subprocess
import sys

ftctl, pipeline, path = sys.argv[1:4]
rows = [json.loads(line) for line in open(path)]


def ask(*options):
    command = [ftctl, "generate", pipeline, *[row["prompt"] for row in rows], "--max-new-tokens", "8", "--json", *options]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return [" ".join(output["text"].split()) for output in sorted(answer["outputs"], key=lambda output: output["index"])]


print(f"{'package':58}  {'base':32}  {'served':12}  truth")
for row, base, served in zip(rows, ask("--base"), ask()):
    print(f"{row['prompt'].splitlines()[-1][:58]:58}  {base[:32]:32}  {served[:12]:12}  {row['completion']}")
