"""Rows as the worker's task `encode` writes them."""
import os

from safetensors import safe_open

from .contract import BAD_DATA, Failure, digest


class Row:
    """One sequence: its ids, and the loss weight of each token as a target."""

    def __init__(self, ids, weights):
        self.tokens = len(ids)
        self.labels = int((weights != 0).sum())
        self.weight = float(weights.double().sum())
        # What no label follows changes nothing, so it is not computed.
        end = int(weights.nonzero()[-1]) if self.labels else 0
        self.inputs, self.targets, self.weights = ids[:end], ids[1:end + 1], weights[1:end + 1]


def read(reference):
    """The rows of a token file. Raises Failure (65) that names it."""
    path = reference["path"]

    def fault(message, cause=None):
        return Failure(BAD_DATA, "dataset.damaged", message, path, "Have the rows encoded again: remove the folder of their tokens.", cause)

    if not os.path.exists(path):
        raise fault("The token file is absent.")
    if reference.get("sha256") and digest(path) != reference["sha256"]:
        raise fault(f"The file's SHA-256 is not {reference['sha256']}, which the request names.")
    try:
        with safe_open(path, "pt") as file:
            ids, weights, bounds = (file.get_tensor(name) for name in ("ids", "weights", "rows"))
    except Exception as error:
        raise fault("The token file cannot be read.", str(error)) from error
    edges = bounds.tolist()
    if edges[:1] != [0] or edges[-1] != len(ids) or len(weights) != len(ids) or any(b < a for a, b in zip(edges, edges[1:])):
        raise fault("The rows' bounds do not fit the tokens.")
    ids = ids.long()
    return [Row(ids[a:b], weights[a:b].float()) for a, b in zip(edges, edges[1:])]
