"""One rank of the work, from loading to the result."""
import contextlib
import os
import signal
import socket
import sys
import traceback

import torch

from . import checkpoint, tokens
from .contract import CANNOT_WRITE, DONE, FAULT, PEER_LOST, STOPPED, Failure, Stopped, digest, write_whole
from .generate import generate
from .model import Asked, Tuned, save_whole
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
    tuned = Tuned(task, compute, noise, world.device)
    tuned.is_split = size > 1 and compute.get("parallel", "auto") == "shard"
    if tuned.is_split:
        check_split(task, compute)
        world.split(tuned)
    train = tokens.read(task["tokens"]["train"])
    held = task["tokens"].get("validation")
    budget = token_budget(request, tuned, world)
    events.tell("stage", stage="sweeping" if request["task"]["task"] == "range-test" else "training")
    loop = TrainLoop(tuned, noise, world, train, tokens.read(held) if held else [], task, folder,
                     checkpoint.fingerprint(task, compute), budget, events, stop)
    if request["task"]["task"] == "range-test":
        curve = sweep(loop, request["task"]["range-test"])
        if rank == 0:
            events.fence()
            finish(folder, events, {"range": curve})
        world.wait()
        return DONE
    training = loop.run()
    if rank == 0:
        events.fence()
        training["adapter"] = tuned.write(folder, loop.values())
        finish(folder, events, {"training": training, "figures": {"training_rows": float(len(train))}})
    world.wait()
    return DONE


def asked(request, compute, world, events, stop):
    """Scores sequences or answers prompts, a file a set; returns the result, whose files the first rank has written."""
    kind = request["task"]["task"]
    task, folder = request["task"][kind], request["directory"]
    sets = [tokens.read(file) if kind == "score" else tokens.read_prompts(file) for file in task["tokens"]]
    tuned = Asked(task["model"], compute, world.device)
    tuned.is_split = world.size > 1 and compute.get("parallel", "auto") == "shard"
    if tuned.is_split:
        check_split({"recipe": {"method": "lora"}}, compute)
        world.split(tuned)
    events.tell("stage", stage="scoring" if kind == "score" else "generating")
    files = []
    for number, one in enumerate(sets):
        found = score(tuned, world, one, inference_budget(request, tuned, world), events, stop) if kind == "score" else \
            generate(tuned, world, *one, inference_budget(request, tuned, world), events, stop)
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


def check_split(task, compute):
    if task["recipe"]["method"] == "full" or compute.get("quantise", "none") != "none":
        raise Failure(64, "compute.parallel", "parallel = shard splits the frozen base of an adapter in float32 or bfloat16.",
                      "compute.parallel", "Use replicate, or method = \"lora\" with quantise = \"none\".")


def local(size, rank=0):
    """This rank's number among those of its machine, and how many they are."""
    return int(os.environ.get("FINETUNED_LOCAL_RANK", rank)), int(os.environ.get("FINETUNED_LOCAL_RANKS", size))


def make_world(compute, folder, rank, size):
    device = compute.get("device") or ("cuda" if torch.cuda.is_available() else "cpu")
    if device == "cuda":
        place, here = local(size, rank)
        if here > torch.cuda.device_count():
            raise Failure(64, "compute.ranks", f"{here} ranks are asked for, and there are {torch.cuda.device_count()} devices.",
                          "compute.ranks", "Ask for one rank a device at most.")
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


def token_budget(request, tuned, world):
    """Padded tokens of a micro-batch, from the memory there is."""
    given = os.environ.get("FINETUNED_TORCH_MICRO_TOKENS")
    if given:
        return max(1, int(given))
    config = tuned.base.config.get_text_config()
    a_token = 4 * (config.num_hidden_layers * (14 * config.hidden_size + 4 * (getattr(config, "intermediate_size", 0) or 0))
                   + 2 * config.vocab_size)
    memory = int(torch.cuda.mem_get_info()[0] * 0.6) if world.device.type == "cuda" else request.get("memoryBytes") or 512 << 20
    return max(128, min(1 << 16, memory // a_token))


def inference_budget(request, tuned, world):
    """Padded tokens of a batch where no gradient is kept: activations of one block, keys and values of all, and logits."""
    given = os.environ.get("FINETUNED_TORCH_MICRO_TOKENS")
    if given:
        return max(1, int(given))
    config = tuned.base.config.get_text_config()
    a_token = 4 * (12 * config.hidden_size + 2 * config.num_hidden_layers * config.hidden_size + 2 * config.vocab_size)
    memory = int(torch.cuda.mem_get_info()[0] * 0.6) if world.device.type == "cuda" else request.get("memoryBytes") or 512 << 20
    return max(128, min(1 << 17, memory // a_token))


def leave(request, events, rank=0):
    """Performs the work and returns (status, failure) of whatever came of it."""
    try:
        return perform(request, events, rank), None
    except Stopped:
        return STOPPED, None
    except Failure as failure:
        return failure.status, failure
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
