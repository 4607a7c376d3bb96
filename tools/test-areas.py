#!/usr/bin/env python3
"""Say what each area of the product took of `make test`, beside its budget in tools/test-budget.txt.

usage: test-areas.py FOLDER

FOLDER holds what the parts said of their tests in JUnit's form (NAME.xml). The unit tests run side by side, so that their times
overlap; they are no area's, and the part `tests` has a budget of its own. The tests that took longest are named: whoever shortens begins there.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as tree

BUDGET = pathlib.Path(__file__).with_name("test-budget.txt")
LONGEST = 20


def areas():
    """Name, seconds and pattern of each area."""
    for line in BUDGET.read_text().splitlines():
        words = line.split()
        if len(words) == 4 and words[0] == "area":
            yield words[1], int(words[2]), re.compile(words[3])


def cases(folder):
    """The place and the seconds of every test that ran."""
    for path in sorted(pathlib.Path(folder).glob("*.xml")):
        if path.name.startswith("tests"):
            continue
        try:
            root = tree.parse(path).getroot()
        except tree.ParseError as error:
            # Of a part that was ended before it could write: its failure is said where it failed.
            print(f"{path.name} is not whole, and not counted: {error}")
            continue
        for case in root.iter("testcase"):
            yield f'{case.get("classname", "")}.{case.get("name", "")}', float(case.get("time") or 0)


def main():
    known, all_cases = list(areas()), []
    took, rest = {name: [0, 0.0] for name, _, _ in known}, [0, 0.0]
    for place, seconds in cases(sys.argv[1]):
        entry = next((took[name] for name, _, pattern in known if pattern.match(place)), rest)
        all_cases.append((seconds, place))
        entry[0] += 1
        entry[1] += seconds
    print(f"\n{'area':<10} {'tests':>6} {'took':>8} {'budget':>8}")
    for name, budget, _ in known:
        count, seconds = took[name]
        over = "  over its budget" if seconds > budget else ""
        print(f"{name:<10} {count:>6} {seconds:>6.0f} s {budget:>6} s{over}")
    print(f"{'others':<10} {rest[0]:>6} {rest[1]:>6.0f} s")
    print("\nThe longest tests:")
    for seconds, place in sorted(all_cases, reverse=True)[:LONGEST]:
        print(f"{seconds:>6.0f} s  {place}")


if __name__ == "__main__":
    main()
