#!/usr/bin/env python3
"""Write man pages from the pages of documentation that are generated from the programs.   make-man.py FOLDER

ftctl(1) is docs/ftctl.md, finetuned.toml(5) is docs/configuration.md; finetuned(8) and finetune-worker(8) have their text here. They are
written as FOLDER/manN/NAME.N, where `make install` puts them.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent

FINETUNED = """## Synopsis

    finetuned [--root DIR]

## Description

Watches drop folders, validates what is dropped row by row, trains, compares the result with what is served, and serves only what is shown to be better.
`--root` keeps settings, state and socket below another folder than `/`.

## Files

| path | what |
|---|---|
| `/etc/finetuned/finetuned.toml`, `/etc/finetuned/pipelines/*.toml` | settings, see finetuned.toml(5) |
| `/var/lib/finetuned` | state: everything that a backup needs |
| `/run/finetuned/finetuned.sock` | the control socket, for ftctl(1) |

## Exit status

| status | meaning |
|---|---|
| 0 | it was asked to stop |
| 64 | wrong command line |
| 75 | another daemon has the same state |
| 78 | `finetuned.toml` cannot be used, and none that could was ever in force |

## See also

ftctl(1), finetuned.toml(5), finetune-worker(8), journalctl(1)
"""

WORKER = """## Synopsis

    finetune-worker REQUEST.json
    finetune-worker --describe

## Description

Does one piece of work that its request describes: training, evaluation, export and others. The daemon starts it; nobody else has to. `--describe` prints what it can do as JSON.
The protocol is in the documentation (engine-protocol.md).

## Exit status

| status | meaning |
|---|---|
| 0 | done; `result.json` lies beside the request |
| 64 | the request is wrong |
| 65 | the data or a file is wrong |
| 73 | the output could not be written |

## See also

finetuned(8)
"""


def inline(text):
    text = text.replace("\\|", "|").replace("\\", "\\e")
    text = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"\\fB\1\\fR", text)
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", text)
    text = text.replace("-", "\\-") if text.startswith("-") else text
    return "\\&" + text if text[:1] in (".", "'") else text


def page(name, section, about, markdown):
    lines = [f'.\\" Made by tools/make-man.py.', f'.TH {name.upper()} {section} "" "finetuned" ""', '.SH "NAME"',
             f"{name} \\- {about}"]
    literal = fenced = False
    rows = markdown.split("\n")
    for line, following in zip(rows, rows[1:] + [""]):
        if line.startswith("```"):
            fenced = not fenced
            lines.append(".EX" if fenced else ".EE")
            continue
        if fenced or line.startswith("    "):
            if not fenced and not literal:
                lines.append(".EX")
                literal = True
            lines.append(inline(line.strip() if not fenced else line).replace("\\fB", "").replace("\\fR", "") or ".br")
            continue
        if literal:
            lines.append(".EE")
            literal = False
        if line.startswith("# "):
            continue
        if line.startswith("## "):
            lines.append(f'.SH "{line[3:].upper()}"')
        elif line.startswith("### "):
            lines.append(f'.SS "{line[4:]}"')
        elif re.match(r"\|[-| ]+\|$", line) or (line.startswith("|") and re.match(r"\|[-| ]+\|$", following)):
            continue
        elif line.startswith("|"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
            if not any(cells):
                continue
            lines += [".TP", inline(cells[0]) or "\\&", inline("; ".join(cell for cell in cells[1:] if cell)) or "\\&"]
        elif line.startswith("- "):
            lines += [".IP \\(bu 2", inline(line[2:])]
        elif not line.strip():
            lines.append(".PP")
        else:
            lines.append(inline(line.strip()))
    if literal:
        lines.append(".EE")
    text = "\n".join(lines) + "\n"
    text = re.sub(r"(\.S[HS] [^\n]*\n)(\.PP\n)+", r"\1", text)
    text = re.sub(r"\.SH [^\n]*\n(?=\.SH )", "", text)
    return re.sub(r"(\.PP\n)+(?=\.(SH|SS|PP|TP|EX)|$)", "", text)


def generated(path):
    """A generated page without its title and what it says of how it is made."""
    text = re.sub(r"^# .*\n", "", (root / path).read_text(), count=1)
    return "## Description\n" + re.sub(r"^(Made|Generated) from .*\n", "", text, flags=re.M)


pages = {
    "man1/ftctl.1": page("ftctl", 1, "talks to finetuned", generated("docs/ftctl.md")),
    "man5/finetuned.toml.5": page(
        "finetuned.toml", 5, "settings of finetuned and of its pipelines", generated("docs/configuration.md")),
    "man8/finetuned.8": page("finetuned", 8, "keeps fine-tuned language models current", FINETUNED),
    "man8/finetune-worker.8": page("finetune-worker", 8, "the engine of finetuned", WORKER),
}
if len(sys.argv) != 2:
    sys.exit("make-man.py FOLDER")
for path, text in pages.items():
    target = pathlib.Path(sys.argv[1]) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
