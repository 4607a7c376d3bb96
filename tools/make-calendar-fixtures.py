#!/usr/bin/env python3
"""Remakes Tests/Fixtures/calendar.json: what `systemd-analyze calendar` makes of texts in OnCalendar syntax, sound and not.

    tools/make-calendar-fixtures.py Tests/Fixtures/calendar.json
"""
import datetime
import json
import os
import random
import re
import subprocess
import sys

TEXTS = """minutely|hourly|daily|monthly|weekly|yearly|annually|quarterly|semiannually|semi-annually|biannually|Daily|Mon..Fri *-*-* 02:30
Sat,Thu,Mon..Wed,Sat..Sun|Mon,Sun 12-*-* 2,1:23|Wed *-1|Wed..Wed,Wed *-1|Wed, 17:48|Wed..Sat,Tue 12-10-15 1:2:3|*-*-7 0:0:0|10-15
monday *-12-* 17:00|Mon,Fri *-*-3,1,2 *:30:45|12,14,13,12:20,10,30|12..14:10,20,30|mon,fri *-1/2-1,3 *:30:45|03-05 08:05:40|05:40
Sat,Sun 12-05 08:05:40|2003-03-05 05:40|05:40:23.4200004/3.1700005|2003-02..04-05|2030-03-05 05:40 UTC|*-*~01|*-02~01|Mon *-05~07/1
*-*~1..3|*-02~29|Sun *-*~7/1|*-*~3/5|*-*~6/5|*:0/2|*:2/3|*-*-* *:*:0/10|9..17/2:00|*-*-* 00/6:15|*/2:00|*-*-*/5|2027-*-31|*-02-29|*-02-30
Feb 2|Mon-Fri 10:00|Fri..Mon|*-*-* 25:00|*-13-1||foo|1:2:3:4|*-*-* 2:30 Europe/Berlin|02:30 America/New_York|*-*-1..7 18:00:00
Fri *-*-13|2099-01-01|2198-12-31 23:59|Mon|*-*-* *:*:*|*:*|*:*:30/7|*-*-* 1..5/2,10:00|*-*-31/3|*-*-25/7|70-1-1|69-*-1|00:00:60|5/19:0
..5:00|1:2,|Europe/Berlin|daily Europe/Berlin|hourly UTC|Tue Wed 1:00|*-*-08..04 0:00|0..23/5:0/7|02:30|2:0/20""".replace("\n", "|").split("|")


def randoms(count):
    rng = random.Random(3)

    def field(low, high):
        a, b = sorted((rng.randint(low, high), rng.randint(low, high)))
        return rng.choice(["*", str(a), f"{a}..{b}", f"{a}/{rng.randint(1, 9)}", f"{a}..{b}/{rng.randint(1, 5)}", f"{a},{b}"])
    for _ in range(count):
        days = rng.choice(["-" + field(1, 31), "~" + rng.choice(["1", "1..4", "7/1", "28"])])
        yield (rng.choice(["", "", "Mon ", "Sat,Sun ", "Tue..Thu "]) + rng.choice(["*", "*", "2026..2030", "2027/2"]) + "-" + field(1, 12) + days
               + f" {field(0, 23)}:{field(0, 59)}:{field(0, 59)}")


def main():
    cases = []
    # Mid-winter, and the nights in which the clocks of Berlin and of New York change.
    for zone, base in (("UTC", 1795530000), ("Europe/Berlin", 1792875600), ("Europe/Berlin", 1774742400), ("America/New_York", 1793500000)):
        for text in TEXTS + list(randoms(40)):
            done = subprocess.run(["systemd-analyze", "calendar", "--iterations=4", f"--base-time=@{base}", "--", text],
                                  capture_output=True, text=True, env={**os.environ, "TZ": zone})
            if "Infinite loop" in done.stderr:  # systemd gives up on a few; there is nothing to compare with
                continue
            times = None if done.returncode else [
                int(datetime.datetime.strptime(t + " +0000", "%Y-%m-%d %H:%M:%S %z").timestamp())
                for t in re.findall(r"(?:\(in UTC\)|Next elapse|Iter. #\d+): (?:\w+ )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? UTC", done.stdout)]
            cases.append({"text": text, "zone": zone, "base": base, "next": times})
    with open(sys.argv[1], "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(len(cases), "cases,", sum(c["next"] is None for c in cases), "refused")


main()
