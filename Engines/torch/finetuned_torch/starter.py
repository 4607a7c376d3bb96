"""Starts ranks on this machine, hands stop requests on, and says which one was lost. Imports nothing slow."""
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

# Once a rank is lost the others have so many seconds to leave by themselves.
PATIENCE = 10.0


def start(path, request, events):
    """Runs all ranks to their end; returns (status, failure) of the whole."""
    asked, size = stop_requests(), request["compute"]["ranks"]
    while True:
        meeting = uuid.uuid4().hex[:12]
        try:
            status, failure = judge(watch(begin(path, events, meeting, range(size)), asked, events), request["directory"], meeting)
        finally:
            for left in glob.glob(os.path.join(request["directory"], f"*-{meeting}*.json")):
                with contextlib.suppress(OSError):
                    os.unlink(left)
        if failure is None or (status, failure.told["code"]) != (PEER_LOST, "worker.memory") or asked:
            return status, failure
        # What micro-batches are to be like the ranks have left in the folder.
        events.tell("warning", warning={"code": "worker.memory", "message": str(failure), "remedy": failure.told["remedy"]})


def start_placed(path, request, events, meeting, rank):
    """Runs one rank of those that a scheduler started; returns (status, failure) of it, or of what it was lost by.

    The rank is a process of its own, so that somebody is left to say by which signal it ended.
    """
    folder, size = request["directory"], request["compute"]["ranks"]
    others = [other for other in range(size) if other != rank]
    return judge(watch(begin(path, events, meeting, [rank]), stop_requests(), events, lambda: left_words(folder, meeting, others)),
                 folder, meeting)


def stop_requests():
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    return asked


def begin(path, events, meeting, numbers):
    """Starts ranks; {number: process}."""
    environment, ranks = {**os.environ, "FINETUNED_TORCH_MEETING": meeting, "OMP_NUM_THREADS": "1"}, {}
    for rank in numbers:
        mine, kept = {**environment, "FINETUNED_TORCH_RANK": str(rank)}, ()
        if rank == 0 and events.pipe is not None:
            kept = (events.pipe,)
        if rank:
            mine.pop("FINETUNED_EVENTS_FD", None)
        ranks[rank] = subprocess.Popen([sys.executable, "-m", "finetuned_torch", path], env=mine, pass_fds=kept, stdin=subprocess.DEVNULL,
                                       start_new_session=False)
    return ranks


def watch(ranks, asked, events, said_elsewhere=lambda: ()):
    """The ranks' statuses in the order of their ends, [(rank, status)]. Where one is lost the others get `PATIENCE` seconds."""
    parent = os.getppid()
    ended, lost_at, handed_on, looked = {}, None, False, time.monotonic()
    try:
        while len(ended) < len(ranks):
            if (asked or events.reader_gone or os.getppid() != parent) and not handed_on:
                handed_on = True
                for rank in ranks.values():
                    if rank.poll() is None:
                        rank.send_signal(signal.SIGTERM)
            for number, rank in ranks.items():
                if rank.poll() is not None and number not in ended:
                    ended[number] = rank.returncode
            if time.monotonic() - looked > 1:
                looked = time.monotonic()
                if lost_at is None and said_elsewhere():
                    lost_at = looked
            if lost_at is None and any(status not in (DONE, STOPPED) for status in ended.values()):
                lost_at = time.monotonic()
            if lost_at is not None and time.monotonic() - lost_at > PATIENCE:
                break
            time.sleep(0.05)
    finally:
        for number, rank in ranks.items():
            if rank.poll() is None:
                rank.kill()
                rank.wait()
                # Its own doing it was not.
                ended.setdefault(number, PEER_LOST)
    return list(ended.items())


def judge(ended, folder, meeting):
    """What the whole came to: a rank that a signal ended first of all, then what a rank itself says is wrong."""
    for rank, status in ended:
        if status < 0:
            name = signal.Signals(-status).name
            return PEER_LOST, Failure(PEER_LOST, "engine.peer_lost", f"Rank {rank} on {socket.gethostname()} was ended by {name}.", None,
                                      "The run goes on from its checkpoint." if name != "SIGKILL" else
                                      "The kernel does that when memory runs out; the run goes on from its checkpoint.", name)
    said = left_words(folder, meeting, [rank for rank, _ in ended])
    if said:
        return said[0]
    others = [status for _, status in ended if status != DONE]
    return (others[0], None) if others else (DONE, None)


def leave_word(folder, meeting, rank, failure):
    """Leaves for the first rank what was wrong with this one."""
    path = os.path.join(folder, f"left-{meeting}-{rank}.json")
    with contextlib.suppress(OSError):
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump({"status": failure.status, "told": failure.told}, file)
        os.replace(path + ".part", path)


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
    """Whether a rank only noticed that another one was gone, and cannot say of what."""
    return said[1] is None or said[1].told["code"] == "engine.peer_lost" and "cause" not in said[1].told


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
