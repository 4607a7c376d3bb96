"""One rank of the work, from loading to the result."""
import contextlib
import os
import signal
import socket
import sys
import traceback

import torch

from . import checkpoint, memory, tokens
from .base import save_whole, standing
from .contract import BAD_REQUEST, CANNOT_WRITE, DONE, FAULT, PEER_LOST, STOPPED, Failure, Stopped, digest, write_whole
from .generate import generate
from .model import Asked, Tuned
from .noise import Noise
from .parallel import World
from .score import score
from .sweep import sweep
from .train import TrainLoop


class Silence:
    """What the ranks beside the first one tell: nothing."""

    last_progress = None
    reader_gone = False

    def tell(self, *_, **__):
        pass

    def fence(self):
        pass


class StopRequest:
    """Whether this rank was asked to leave: by a signal, by a reader that went, by the file `stop`, or by its parent's end."""

    def __init__(self, folder, events):
        self.made, self.events, self.file, self.parent = False, events, os.path.join(folder, "stop"), os.getppid()
        signal.signal(signal.SIGTERM, self.make)

    def make(self, *_):
        self.made = True

    def __call__(self):
        watched = "FINETUNED_EVENTS_FD" in os.environ or "FINETUNED_TORCH_MEETING" in os.environ
        orphan = watched and os.getppid() != self.parent
        return self.made or orphan or self.events.reader_gone or os.path.exists(self.file)


def perform(request, events, rank=0):
    """Does what is asked; returns the exit status. Only the first rank tells events."""
    compute = request.get("compute") or {}
    folder, size = request["directory"], compute.get("ranks", 1)
    stop = StopRequest(folder, events)
    # The cores that the request gives, shared by the ranks of this machine.
    torch.set_num_threads(max(1, (request.get("threads") or os.cpu_count() or 1) // local(size)[1]))
    torch.use_deterministic_algorithms(True, warn_only=True)
    world = make_world(compute, folder, rank, size)
    events.tell("stage", stage="loading")
    if request["task"]["task"] in ("score", "generate"):
        result = asked(request, compute, world, events, stop)
        if rank == 0:
            events.fence()
            finish(folder, events, result)
        world.wait()
        return DONE
    task = request["task"]["train"]
    noise = Noise(task["recipe"])
    split = is_split(task["model"], compute, world, task["recipe"]["method"] == "full")
    tuned = Tuned(task, compute, noise, None if split else world.device)
    if split:
        world.split(tuned)
    train, held = tokens.read(task["tokens"]["train"]), task["tokens"].get("validation")
    validation = tokens.read(held) if held else []
    budget, again = memory.training_budget(request, tuned, world, train + validation)
    if again:
        tuned.compute_again()
    events.tell("stage", stage="sweeping" if request["task"]["task"] == "range-test" else "training")
    loop = TrainLoop(tuned, noise, world, train, validation, task, folder,
                     checkpoint.fingerprint(task, compute), budget, events, stop)
    if request["task"]["task"] == "range-test":
        curve = sweep(loop, request["task"]["range-test"])
        if rank == 0:
            events.fence()
            finish(folder, events, {"range": curve})
        world.wait()
        return DONE
    training = loop.run()
    values = world.whole(tuned.written())
    if rank == 0:
        events.fence()
        training["adapter"] = tuned.write(folder, values)
        finish(folder, events, {"training": training, "figures": {"training_rows": float(len(train))}})
    world.wait()
    return DONE


def asked(request, compute, world, events, stop):
    """Scores sequences or answers prompts, a file a set; returns the result, whose files the first rank has written."""
    kind = request["task"]["task"]
    task, folder = request["task"][kind], request["directory"]
    sets = [tokens.read(file) if kind == "score" else tokens.read_prompts(file) for file in task["tokens"]]
    split = is_split(task["model"], compute, world, False)
    tuned = Asked(task["model"], compute, None if split else world.device)
    if split:
        world.split(tuned)
    events.tell("stage", stage="scoring" if kind == "score" else "generating")
    files = []
    for number, one in enumerate(sets):
        budget = memory.asking_budget(request, tuned, world)
        found = score(tuned, world, one, budget, events, stop) if kind == "score" else generate(tuned, world, *one, budget, events, stop)
        name = f"{'scores' if kind == 'score' else 'answers'}-{number}.safetensors"
        if world.rank == 0:
            events.fence()
            save_whole(found, os.path.join(folder, name))
            path = os.path.join(folder, name)
            files.append({"path": name, "sha256": digest(path), "bytes": os.path.getsize(path), "rows": len(one if kind == "score" else one[0])})
    return {"files": files}


def finish(folder, events, result):
    import json
    write_whole(os.path.join(folder, "result.json"), json.dumps(result, indent=1, sort_keys=True).encode())
    events.tell("result", result=result)


def is_split(model, compute, world, is_full):
    """Whether the ranks split the base: where that is asked for, or where it does not fit on each of them. Raises Failure (64)."""
    parallel, quantised = compute.get("parallel", "auto"), compute.get("quantise", "none") != "none"
    if world.size == 1 or parallel == "replicate":
        return False
    if parallel == "shard" and quantised:
        raise Failure(BAD_REQUEST, "compute.parallel", "parallel = shard does not go with quantise = nf4: its packed weights are not split.",
                      "compute.parallel", "Use replicate, or quantise = \"none\".")
    return parallel == "shard" or not quantised and not memory.fits(standing(model)[0], compute, world, is_full, local(world.size)[1])


def local(size, rank=0):
    """This rank's number among those of its machine, and how many they are."""
    return int(os.environ.get("FINETUNED_LOCAL_RANK", rank)), int(os.environ.get("FINETUNED_LOCAL_RANKS", size))


def make_world(compute, folder, rank, size):
    device = compute.get("device") or ("cuda" if torch.cuda.is_available() else "cpu")
    if device == "cuda":
        place, here = local(size, rank)
        if here > torch.cuda.device_count():
            raise Failure(BAD_REQUEST, "compute.ranks", f"Ranks on this machine: {here}, and CUDA devices: {torch.cuda.device_count()}.",
                          "compute.ranks", "Set ranks_per_node to one a device at most, or device = \"cpu\".")
        device = f"cuda:{place}"
        torch.cuda.set_device(device)
        share = os.environ.get("FINETUNED_TORCH_MEMORY_SHARE")
        if share:
            torch.cuda.set_per_process_memory_fraction(float(share))
    if size > 1:
        from .rendezvous import meet
        backend = "nccl" if device.startswith("cuda") else "gloo"
        meet(folder, os.environ["FINETUNED_TORCH_MEETING"], rank, size, backend, float(os.environ.get("FINETUNED_TORCH_MEET_SECONDS", 60)),
             float(os.environ.get("FINETUNED_TORCH_COLLECTIVE_SECONDS", 600)))
    return World(rank, size, device)


def leave(request, events, rank=0):
    """Performs the work and returns (status, failure) of whatever came of it."""
    try:
        return perform(request, events, rank), None
    except Stopped:
        return STOPPED, None
    except Failure as failure:
        return failure.status, failure
    except memory.OutOfMemory as error:
        return FAULT, Failure(FAULT, "worker.memory", f"Rank {rank} on {socket.gethostname()} ran out of the device's memory.", None,
                              "Use precision = \"bfloat16\", quantise = \"nf4\", or more ranks with parallel = \"shard\".", str(error))
    except OSError as error:
        return CANNOT_WRITE, Failure(CANNOT_WRITE, "worker.file", "A file cannot be read or written.", error.filename,
                                     "Check the disk, its space and its permissions.", str(error))
    except Exception as error:
        traceback.print_exc()
        size = (request.get("compute") or {}).get("ranks", 1)
        lost = size > 1 and any(word in str(error).lower() for word in ("connection", "timed out", "timeout", "peer", "gloo", "nccl"))
        status = PEER_LOST if lost else FAULT
        code = "engine.peer_lost" if lost else "worker.internal"
        return status, Failure(status, code, f"Rank {rank} on {socket.gethostname()} failed: {error}", None,
                               "Start the run again; if it fails again, report it with the request file.")
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
