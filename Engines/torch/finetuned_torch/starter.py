"""Starts the ranks on this machine, hands stop requests on, and says which rank was lost. Imports nothing slow."""
import contextlib
import glob
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid

from .contract import DONE, PEER_LOST, STOPPED, Failure


def start(path, request, events):
    """Runs all ranks to their end; returns (status, failure) of the whole."""
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    while True:
        status, failure = once(path, request, events, asked)
        if failure is None or (status, failure.told["code"]) != (PEER_LOST, "worker.memory") or asked:
            return status, failure
        # What micro-batches are to be like the ranks have left in the folder.
        events.tell("warning", warning={"code": "worker.memory", "message": str(failure), "remedy": failure.told["remedy"]})


def once(path, request, events, asked):
    """Runs all ranks once."""
    meeting, size, ranks = uuid.uuid4().hex[:12], request["compute"]["ranks"], []
    environment = {**os.environ, "FINETUNED_TORCH_MEETING": meeting, "OMP_NUM_THREADS": "1"}
    kept = () if events.pipe is None else (events.pipe,)
    for rank in range(size):
        mine = {**environment, "FINETUNED_TORCH_RANK": str(rank)}
        if rank:
            mine.pop("FINETUNED_EVENTS_FD", None)
        ranks.append(subprocess.Popen([sys.executable, "-m", "finetuned_torch", path], env=mine, pass_fds=kept if rank == 0 else (),
                                      stdin=subprocess.DEVNULL, start_new_session=False))
    try:
        statuses = watch(ranks, asked, events)
        return judge(statuses, request["directory"], meeting)
    finally:
        for rank in ranks:
            if rank.poll() is None:
                rank.kill()
        for left in glob.glob(os.path.join(request["directory"], f"*-{meeting}*.json")):
            with contextlib.suppress(OSError):
                os.unlink(left)


def watch(ranks, asked, events, patience=10.0):
    """The ranks' statuses in the order of their ends, [(rank, status)]. Where one is lost the others get `patience` seconds."""
    parent = os.getppid()
    ended, lost_at, handed_on = [], None, False
    while len(ended) < len(ranks):
        if (asked or events.reader_gone or os.getppid() != parent) and not handed_on:
            handed_on = True
            for rank in ranks:
                if rank.poll() is None:
                    rank.send_signal(signal.SIGTERM)
        for index, rank in enumerate(ranks):
            if rank.poll() is not None and index not in [other for other, _ in ended]:
                ended.append((index, rank.returncode))
                if rank.returncode not in (DONE, STOPPED) and lost_at is None:
                    lost_at = time.monotonic()
        if lost_at is not None and time.monotonic() - lost_at > patience:
            for index, rank in enumerate(ranks):
                if rank.poll() is None:
                    rank.kill()
                    rank.wait()
                    ended.append((index, DONE))
            break
        time.sleep(0.05)
    return ended


def judge(ended, folder, meeting):
    """What the whole came to: a rank that a signal ended first of all, then what a rank itself says is wrong."""
    for rank, status in ended:
        if status < 0:
            name = signal.Signals(-status).name
            return PEER_LOST, Failure(PEER_LOST, "engine.peer_lost", f"Rank {rank} on {socket.gethostname()} was ended by {name}.", None,
                                      "The run goes on from its checkpoint." if name != "SIGKILL" else
                                      "The kernel does that when memory runs out; the run goes on from its checkpoint.")
    said = left_words(folder, meeting, [rank for rank, _ in ended])
    if said:
        return said[0]
    others = [status for _, status in ended if status != DONE]
    return (others[0], None) if others else (DONE, None)


def left_words(folder, meeting, ranks):
    """(status, failure) of the ranks that left a word, those that know most first."""
    said = []
    for rank in ranks:
        with contextlib.suppress(OSError, ValueError):
            with open(os.path.join(folder, f"left-{meeting}-{rank}.json"), encoding="utf-8") as file:
                told = json.load(file)
            said.append((told["status"], Failure(told["status"], told["told"]["code"], told["told"]["message"],
                                                 told["told"].get("place"), told["told"].get("remedy"), told["told"].get("cause"))))
    # A rank that lost another knows less than the other one.
    return sorted(said, key=knows_little)


def knows_little(said):
    """Whether a rank only noticed that another one was gone."""
    return said[1].told["code"] == "engine.peer_lost"


def others_said(request, meeting, status, failure):
    """What the first rank tells of its own failure, or of that of a rank that failed before it, whose word it waits for briefly."""
    folder, size = request["directory"], (request.get("compute") or {}).get("ranks", 1)
    if not knows_little((status, failure)):
        return status, failure
    end = time.monotonic() + 2
    while True:
        os.listdir(folder)  # a network file system looks anew
        said = left_words(folder, meeting, range(1, size))
        if said and not knows_little(said[0]) or time.monotonic() > end:
            break
        time.sleep(0.1)
    return said[0] if said and not knows_little(said[0]) else (status, failure)
