"""What fits: whether each rank can have the whole base, how many padded tokens a micro-batch has, and whether blocks are computed twice."""
import contextlib
import glob
import json
import math
import os
import struct

import torch

from .contract import PEER_LOST, Failure, write_whole
from .parallel import batches

OutOfMemory = getattr(torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError)
# What ranks that split the base leave for the next start, since nothing can be agreed on in the midst of a layer.
NAME = "micro-batches.json"


def fits(folder, compute, world, is_full, ranks_here):
    """Whether every rank can have the whole base, with what full fine-tuning keeps beside it."""
    a_weight = 20 if is_full else 0.6 if compute.get("quantise") == "nf4" else 2 if compute.get("precision") == "bfloat16" else 4
    given = os.environ.get("FINETUNED_TORCH_ROOM_BYTES")
    if given:
        room = int(given)
    elif world.device.type == "cuda":
        room = int(torch.cuda.mem_get_info()[0] * 0.8)
    else:
        with open("/proc/meminfo", encoding="ascii") as file:
            available = next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable"))
        room = int(available * 0.8) // ranks_here
    return not world.any(weights(folder) * a_weight > room)


def weights(folder):
    """How many numbers the safetensors files of a folder hold."""
    count = 0
    for path in glob.glob(os.path.join(folder, "*.safetensors")):
        # One that is damaged is named where it is loaded.
        with contextlib.suppress(Exception), open(path, "rb") as file:
            length, = struct.unpack("<Q", file.read(8))
            count += sum(math.prod(entry["shape"]) for key, entry in json.loads(file.read(length)).items() if key != "__metadata__")
    return count


def free(request, world):
    """Bytes that activations may take."""
    if world.device.type == "cuda":
        room, total = torch.cuda.mem_get_info()
        share = os.environ.get("FINETUNED_TORCH_MEMORY_SHARE")
        if share:
            room = max(0, min(room, int(float(share) * total) - torch.cuda.memory_allocated()))
        return int(room * 0.6)
    return request.get("memoryBytes") or 512 << 20


def training_budget(request, tuned, world, rows):
    """(padded tokens of a micro-batch, whether blocks are computed twice): the same on every rank.

    Blocks are computed again in the backward pass where the longest row does not fit otherwise.
    """
    config = tuned.base.config.get_text_config()
    width, hidden = config.hidden_size, getattr(config, "intermediate_size", 0) or 0
    block, head = 14 * width + 4 * hidden, 2 * config.vocab_size
    longest = max((len(row.inputs) for row in rows), default=1)
    room, kept = world.least(free(request, world)), left(request["directory"])
    budget = room // (4 * (config.num_hidden_layers * block + head))
    again = (budget < longest or kept.get("again", False)) and tuned.can_compute_again
    if again:
        budget = room // (4 * (config.num_hidden_layers * width + block + head))
    return bounded(budget, 1 << 16, kept), again


def asking_budget(request, tuned, world):
    """Padded tokens of a batch where no gradient is kept: activations of one block, keys and values of all, and logits."""
    config = tuned.base.config.get_text_config()
    a_token = 4 * (12 * config.hidden_size + 2 * config.num_hidden_layers * config.hidden_size + 2 * config.vocab_size)
    return bounded(world.least(free(request, world)) // a_token, 1 << 17, {})


def bounded(budget, most, kept):
    given = os.environ.get("FINETUNED_TORCH_MICRO_TOKENS")
    budget = int(given) if given else max(128, min(most, budget))
    return max(1, min(budget, kept.get("tokens", budget)))


def largest(rows, budget, size):
    """(the most padded tokens of a micro-batch, the rows that it has)."""
    lengths = [len(row.inputs) for row in rows]
    found = [batch for share in batches(lengths, budget, size) for batch in share]
    batch = max(found, key=lambda batch: lengths[batch[0]] * len(batch))
    return lengths[batch[0]] * len(batch), [rows[place] for place in batch]


def left(folder):
    """What an earlier start of this work found out."""
    try:
        with open(os.path.join(folder, NAME), encoding="ascii") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def leave(folder, tokens, again):
    """Keeps for the next start what micro-batches are to be like; returns the failure by which this one ends."""
    write_whole(os.path.join(folder, NAME), json.dumps({"tokens": tokens, "again": again}).encode())
    return Failure(PEER_LOST, "worker.memory", f"Memory ran out: micro-batches have {tokens} tokens from here on.", None,
                   "Nothing needs to be done: ranks that split the base start once more, and the numbers stay the same.")
