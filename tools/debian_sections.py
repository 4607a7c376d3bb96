#!/usr/bin/env python3
"""Real labelled data from this machine's own Debian package index: a package's synopsis -> its section, eight classes.

usage: debian_sections.py OUT.jsonl FIRST COUNT      rows FIRST … FIRST+COUNT-1 of a fixed shuffle, one JSON object a line

Needs only Debian's own tools. Run `apt-get update` before it where the machine has no package lists.
"""
import hashlib
import json
import subprocess
import sys

SECTIONS = {"games", "science", "sound", "fonts", "python", "net", "graphics", "electronics"}
QUESTION = "Which section of Debian does this package belong to?"


def records():
    """Yield (section, synopsis) of every package that apt knows."""
    section = synopsis = None
    text = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    for line in text.split("\n"):
        if line.startswith("Section: "):
            section = line[9:].split("/")[-1].strip()
        elif line.startswith("Description: "):
            synopsis = line[13:].strip()
        elif not line:
            if section in SECTIONS and synopsis:
                yield section, synopsis
            section = synopsis = None


def main():
    out, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    unique = {synopsis: section for section, synopsis in records()}
    # Order by hash: the same machine gives the same order every time, whatever apt's own order is.
    ordered = sorted(unique, key=lambda text: hashlib.sha256(text.encode()).digest())
    if len(ordered) < first + count:
        sys.exit(f"debian_sections.py: this machine's index holds {len(ordered)} usable packages, {first + count} are needed. Run: apt-get update")
    with open(out, "w") as file:
        for synopsis in ordered[first:first + count]:
            row = {"prompt": f"{QUESTION}\n{synopsis}", "completion": unique[synopsis]}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
