#!/usr/bin/env python3
"""Real generation data from this machine's own Debian package index: a package's name and tags -> its synopsis.

usage: debian_synopsis.py OUT.jsonl FIRST COUNT      rows FIRST … FIRST+COUNT-1 of a fixed shuffle, one JSON object a line

Needs only Debian's own tools. Run `apt-get update` before it where the machine has no package lists.
"""
import hashlib
import json
import subprocess
import sys

INSTRUCTION = "Describe the Debian package in one line."


def records():
    """Yield (name, tags, synopsis) of every tagged package that apt knows."""
    fields, key = {}, None
    text = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    for line in text.split("\n"):
        if not line:
            if {"Package", "Tag", "Description"} <= fields.keys() and len(fields["Tag"]) < 300:
                yield fields["Package"], " ".join(fields["Tag"].split()), fields["Description"]
            fields, key = {}, None
        elif line[0] == " " and key:
            fields[key] += line
        elif ": " in line:
            key, value = line.split(": ", 1)
            fields[key] = value


def main():
    out, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    unique = {synopsis: (name, tags) for name, tags, synopsis in records()}
    # Order by hash: the same machine gives the same order every time, whatever apt's own order is.
    ordered = sorted(unique, key=lambda text: hashlib.sha256(text.encode()).digest())
    if len(ordered) < first + count:
        sys.exit(f"debian_synopsis.py: this machine's index holds {len(ordered)} usable packages, {first + count} are needed. Run: apt-get update")
    with open(out, "w") as file:
        for synopsis in ordered[first:first + count]:
            name, tags = unique[synopsis]
            row = {"prompt": f"{INSTRUCTION}\nname: {name}\ntags: {tags}", "completion": synopsis}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
