"""All that a run needs to go on as if it had never stopped: one safetensors file, whole or absent, the same for any number of ranks."""
import hashlib
import json
import os

from safetensors import safe_open
from safetensors.torch import save_file

from .contract import BAD_REQUEST, CANNOT_WRITE, Failure

NAME = "checkpoint.safetensors"
START = {"step": 0, "bestStep": 0, "bestLoss": None, "startLoss": None, "firstLoss": None, "evaluationsWithoutGain": 0,
         "measurementsOfEnough": 0, "fallsAfter": None, "seconds": 0.0, "tokens": 0, "labelTokens": 0, "lastLoss": 0.0}


def fingerprint(task, compute):
    """Names base, start, rows, recipe, engine and precision, and nothing of the ranks."""
    model, tokens = task["model"], task["tokens"]
    named = ["torch", compute.get("precision", "float32"), compute.get("quantise", "none"), model["baseDigest"],
             (task.get("startAdapter") or {}).get("sha256", ""), [a["sha256"] for a in model["adapters"]],
             tokens["train"]["sha256"], (tokens.get("validation") or {}).get("sha256", ""), task["recipe"]]
    if task.get("enough"):
        named.append(task["enough"])
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def write(folder, mark, state, sets):
    """Writes the state and sets of tensors (`values`, `first`, `second`, `best`). Raises Failure (73)."""
    path = os.path.join(folder, NAME)
    tensors = {f"{kind}/{name}": tensor.detach().cpu().contiguous() for kind, named in sets.items() for name, tensor in named.items()}
    try:
        save_file(tensors, path + ".part", metadata={"fingerprint": mark, "engine": "torch", "state": json.dumps(state)})
        with open(path + ".part", "rb") as file:
            os.fsync(file.fileno())
        os.replace(path + ".part", path)
    except Exception as error:
        raise Failure(CANNOT_WRITE, "worker.unwritable", "The checkpoint cannot be written.", path,
                      "Free space on that disk, or make it writable.", str(error)) from error


def read(folder, mark, take):
    """The state of the checkpoint in a folder, or None; `take(kind, name, tensor)` is given the tensors of its sets, one at a time.

    Raises Failure (64) where it is of something else.
    """
    path = os.path.join(folder, NAME)
    if not os.path.exists(path):
        return None

    def fault(message, cause=None, remedy="Remove the checkpoint to start this run from its beginning."):
        return Failure(BAD_REQUEST, "training.checkpoint_mismatch", message, path, remedy, cause)

    try:
        with safe_open(path, "pt") as file:
            notes = file.metadata() or {}
            if notes.get("engine") != "torch":
                raise fault("The checkpoint is another engine's.", remedy="Name the engine that began this run, or remove the checkpoint to start "
                            "it from its beginning.")
            if notes.get("fingerprint") != mark:
                raise fault("The checkpoint belongs to other rows, another recipe, another precision or another base model.")
            state = {**START, **json.loads(notes["state"])}
            for key in file.keys():
                take(*key.split("/", 1), file.get_tensor(key))
            return state
    except Failure:
        raise
    except Exception as error:
        raise fault("The checkpoint is damaged.", str(error)) from error
