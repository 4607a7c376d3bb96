"""finetuned_torch REQUEST.json | --describe"""
import contextlib
import json
import os
import sys

from . import VERSION
from .contract import ARCHITECTURES, BAD_REQUEST, DONE, STOPPED, Events, Failure, read_request, take_folder

# The oldest versions that will do.
NEEDED = {"torch": (2, 11), "transformers": (5, 17), "peft": (0, 18)}
USAGE = "usage: finetuned_torch REQUEST.json\n       finetuned_torch --describe"


def describe():
    """What this engine says of itself; imports nothing slow."""
    from importlib.metadata import PackageNotFoundError, version
    versions = {"finetuned_torch": VERSION}
    for package, least in NEEDED.items():
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            print(f"finetuned_torch: this Python lacks {package}; run tools/install-engine.sh", file=sys.stderr)
            return 1
        if tuple(int(part) for part in versions[package].split(".")[:2] if part.isdigit()) < least:
            wanted = ".".join(map(str, least))
            print(f"finetuned_torch: {package} is {versions[package]}, and {wanted} is the oldest that will do; run "
                  "tools/install-engine.sh", file=sys.stderr)
            return 1
    with contextlib.suppress(PackageNotFoundError):
        versions["bitsandbytes"] = version("bitsandbytes")
    keys = ["method", "rank", "alpha", "rsLoRA", "targets", "lastLayers", "adapterDropout", "dropout", "loraPlusRatio", "learningRate",
            "schedule", "warmupRatio", "minLearningRateRatio", "epochs", "batchRows", "maxLength", "weightDecay", "beta1", "beta2",
            "epsilon", "clipNorm", "labelSmoothing", "neftuneAlpha", "startDecay", "evaluateEverySteps", "patience",
            "checkpointEverySteps", "seed"]
    print(json.dumps({
        "protocol": 1, "tasks": ["generate", "range-test", "score", "train"], "architectures": ARCHITECTURES,
        "methods": ["lora", "full"], "recipe": sorted(keys), "devices": ["cuda"] if os.path.exists("/dev/nvidia0") else ["cpu"],
        "versions": versions}, indent=1))
    return DONE


def main(arguments):
    if arguments == ["--describe"]:
        return describe()
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(USAGE, file=sys.stderr)
        return BAD_REQUEST
    rank, placed = os.environ.get("FINETUNED_TORCH_RANK"), os.environ.get("FINETUNED_RANK")
    try:
        request = read_request(arguments[0])
        events = Events(request["directory"], (request.get("compute") or {}).get("attempt"))
        if rank is None and placed in (None, "0"):
            take_folder(events, request["directory"])
    except Failure as failure:
        print(f"finetuned_torch: {failure} {failure.told}", file=sys.stderr)
        unread(failure)
        return failure.status
    if rank is not None:
        return one_rank(request, events, int(rank))
    if placed is not None:
        return placed_rank(arguments[0], request, events, int(placed))
    events.tell("started")
    events.speak_regularly()
    if (request.get("compute") or {}).get("ranks", 1) > 1:
        from .starter import start
        status, failure = start(arguments[0], request, events)
    else:
        from .work import leave
        status, failure = leave(request, events)
    if failure:
        print(f"finetuned_torch: {failure} {failure.told}", file=sys.stderr)
    events.end(status, failure)
    return status


def one_rank(request, events, rank):
    """A rank that `starter` started: what came of it is left in a file, which the starter tells."""
    from .starter import leave_word
    from .work import Silence, leave
    status, failure = leave(request, events if rank == 0 else Silence(), rank)
    if failure:
        print(f"finetuned_torch, rank {rank}: {failure} {failure.told}", file=sys.stderr)
        leave_word(request["directory"], os.environ["FINETUNED_TORCH_MEETING"], rank, failure)
    return status


def placed_rank(path, request, events, rank):
    """A rank that a scheduler started, beside others on any nodes: the first one tells what came of all."""
    from .starter import leave_word, others_said, start_placed
    meeting = os.environ.get("FINETUNED_MEETING", "job")
    os.environ.setdefault("FINETUNED_TORCH_TOWARDS", os.environ.get("FINETUNED_TOWARDS", ""))
    if rank == 0:
        events.tell("started")
        events.speak_regularly()
    status, failure = start_placed(path, request, events, meeting, rank)
    if rank:
        if failure:
            leave_word(request["directory"], meeting, rank, failure)
        return status
    if status not in (DONE, STOPPED):
        status, failure = others_said(request, meeting, status, failure)
    if failure:
        print(f"finetuned_torch: {failure} {failure.told}", file=sys.stderr)
    events.end(status, failure)
    return status


def unread(failure):
    """Tells the launcher by which status the program leaves where there is no folder to write into."""
    import time

    from .contract import events_descriptor
    pipe = events_descriptor()
    if pipe is not None:
        for event in ({"event": "failed", "failure": failure.told}, {"event": "ended", "status": failure.status}):
            os.write(pipe, (json.dumps({"time": time.time(), **event}) + "\n").encode())


def run():
    # Everything is on the disk already, and a machine that computes may have no network.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # No collective and no thread may hold the way out.
    os._exit(status)


if __name__ == "__main__":
    run()
