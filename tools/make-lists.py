#!/usr/bin/env python3
"""Writes the lists that Swift cannot make by itself: the model families, and the verbs of ftctl's nouns.

    make-lists.py            writes them into their files; says which have changed
    make-lists.py --check    changes nothing; names what differs and leaves with status 1

What is there stays in its order, what is new comes last, what is gone goes.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FAMILIES = ROOT / "Sources/Worker/Transformers/Families"
COMMANDS = ROOT / "Sources/CLI/ftctl"


def lists():
    """Each file with a list, what comes before and after it there, and the entries that it is to have."""
    found = [name for file in sorted(FAMILIES.glob("*.swift")) for name in re.findall(r"^(?:package )?enum (\w+): ModelFamily\b", file.read_text(), re.M)]
    yield FAMILIES / "ModelConfiguration+Family.swift", "allCases: [Family] = [", "]", [name + ".family" for name in found]
    for noun in sorted(COMMANDS.glob("*/*Noun.swift")):
        # A verb is a command with a name: `struct RunShow: Question { … commandName: "show"`.
        verbs = [name for file in sorted(noun.parent.glob("*.swift")) if file != noun and "commandName:" in file.read_text()
                 for name in re.findall(r"^struct (\w+): \w*(?:Command|Question)\b", file.read_text(), re.M)]
        yield noun, "subcommands: [", "])", [name + ".self" for name in verbs]


def main():
    is_check, differing = "--check" in sys.argv[1:], []
    for file, opening, closing, wanted in lists():
        text = file.read_text()
        start = text.index(opening) + len(opening)
        end = text.index(closing, start)
        present = re.findall(r"[\w.]+", text[start:end])
        if sorted(present) == sorted(wanted):
            continue
        entries = [entry for entry in present if entry in wanted] + [entry for entry in wanted if entry not in present]
        differing.append(f"{file.relative_to(ROOT)}: {', '.join(entries)}")
        if not is_check:
            file.write_text(text[:start] + ", ".join(entries) + text[end:])
            subprocess.run(["swift", "format", "--in-place", str(file)], cwd=ROOT, check=True)
    for line in differing:
        print(line)
    return 1 if is_check and differing else 0


sys.exit(main())
