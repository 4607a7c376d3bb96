#!/usr/bin/env python3
"""What following jobs of a real Slurm cluster costs the daemon: its commands, and its processor time.

    followed.py [JOBS] [SECONDS]    JOBS (100) at once, three of which run and the rest wait; counted for SECONDS (60) once all are there.
                                    Leaves with status 1 beyond 2 commands in 5 s or 1 % of a core

Programs are taken from .build/release (FINETUNED_BUILD names another folder). Root; slurm-wlm and munge. Nothing else should run.
"""
import os
import pathlib
import sys
import time

import chaos
from chaos import HERE, Lab, patient
from run import eventually

COMMANDS, SECONDS, SHARE = 2, 5, 0.01


class Followed(chaos.Chaos):
    """A daemon with a pipeline for each job, whose Slurm commands are written down."""

    silence = 86400

    def __init__(self, lab, jobs):
        self.jobs = jobs
        super().__init__(lab, {f"p{number}": "lab" for number in range(jobs)})

    def engines(self):
        """A program that says little for long; before each command stands what notes it."""
        engine, via = (pathlib.Path(self.root, name) for name in ("engine", "via"))
        engine.write_text(f'#!/bin/sh\nCHAOS_PACE=3600 exec "{HERE / "chaos_engine.py"}" "$@"\n')
        via.write_text(f'#!/bin/sh\necho "$(date +%s.%N) $1" >>"{self.root}/commands"\nexec "{HERE / "slurm-lab.sh"}" "{self.lab.folder}" run "$@"\n')
        for program in (engine, via):
            program.chmod(0o755)
        return {"lab": f'program = "{engine}"\nlauncher = "slurm"\nnodes = 1\nranks_per_node = 2\nslots = {self.jobs}\n'
                       f'[slurm]\ntime = "01:00:00"\nvia = ["{via}"]\n'}

    def commands(self):
        path = pathlib.Path(self.root, "commands")
        return [(float(at), name) for at, name in map(str.split, path.read_text().splitlines())] if path.exists() else []

    def processor_seconds(self):
        """Those of the daemon itself, and those of its commands, which have ended."""
        fields = pathlib.Path("/proc", str(self.process.pid), "stat").read_text().rsplit(")", 1)[1].split()
        own, of_children = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        return own / os.sysconf("SC_CLK_TCK"), of_children / os.sysconf("SC_CLK_TCK")


def main(jobs, seconds):
    lab = Lab()
    daemon = Followed(lab, jobs)
    try:
        for number, pipeline in enumerate(daemon.pipelines):
            chaos.queue(daemon, pipeline, number)
        for pipeline in daemon.pipelines:
            eventually(lambda: daemon.ask("GET", f"/v1/pipelines/{pipeline}")["drops"], 600, "the rows are stored")
            chaos.begin(daemon, pipeline)
        eventually(lambda: len(lab.jobs()) == jobs, 1200, "all jobs are there")
        time.sleep(15)
        states = lab.ask("run", "squeue", "-h", "-o", "%T").split()
        began, (own, commands) = time.time(), daemon.processor_seconds()
        time.sleep(seconds)
        ended, (own_then, commands_then) = time.time(), daemon.processor_seconds()
        asked = [at for at, _ in daemon.commands() if began <= at < ended]
        most = max(sum(at <= other < at + SECONDS for other in asked) for at in asked)
        share = (own_then - own) / (ended - began)
        kinds = {name: sum(1 for at, other in daemon.commands() if began <= at < ended and other == name) for _, name in daemon.commands()}
        print(f"{len(states)} jobs followed ({states.count('RUNNING')} run, {states.count('PENDING')} wait) for {ended - began:.0f} s: "
              f"{len(asked)} commands { {name: count for name, count in kinds.items() if count} }, {most} within {SECONDS} s at most; "
              f"daemon {100 * share:.2f} % of a core; its commands, which are Slurm's, {100 * (commands_then - commands) / (ended - began):.2f} %")
        assert len(states) == jobs and patient(lambda: daemon.ask("GET", "/v1/status"))
        return 1 if most > COMMANDS or share >= SHARE else 0
    finally:
        daemon.remove()
        lab.remove()


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    sys.exit(main(arguments[0] if arguments else 100, arguments[1] if len(arguments) > 1 else 60))
