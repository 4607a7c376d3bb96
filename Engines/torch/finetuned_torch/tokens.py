"""Rows as the worker's task `encode` writes them."""
import os

import torch
from safetensors import safe_open

from .contract import BAD_DATA, Failure, digest


class Row:
    """One sequence: its ids, and the loss weight of each token as a target; `number` is its place in its file, from 1."""

    def __init__(self, number, ids, weights):
        self.number, self.tokens = number, len(ids)
        self.labels = int((weights != 0).sum())
        self.weight = float(weights.double().sum())
        # What no label follows changes nothing, so it is not computed.
        end = int(weights.nonzero()[-1]) if self.labels else 0
        self.inputs, self.targets, self.weights = ids[:end], ids[1:end + 1], weights[1:end + 1]


def read(reference):
    """The rows of a token file. Raises Failure (65) that names it."""
    found = tensors(reference, ("ids", "weights", "rows"))
    edges, ids, weights = found["rows"].tolist(), found["ids"].long(), found["weights"].float()
    if not are_bounds(edges, len(ids)) or len(weights) != len(ids):
        raise damaged(reference, "The rows' bounds do not fit the tokens.")
    return [Row(place + 1, ids[a:b], weights[a:b]) for place, (a, b) in enumerate(zip(edges, edges[1:]))]


def read_prompts(reference):
    """What is to be answered: (prompts, longest answers, tokens that end one). Raises Failure (65) that names the file."""
    found = tensors(reference, ("ids", "rows", "limits", "stops"))
    edges, ids, limits = found["rows"].tolist(), found["ids"].long(), found["limits"].tolist()
    if not are_bounds(edges, len(ids)) or len(limits) != len(edges) - 1:
        raise damaged(reference, "The prompts' bounds do not fit the tokens.")
    return [ids[a:b] for a, b in zip(edges, edges[1:])], limits, found["stops"].tolist()


def padded(rows, device):
    """Rows side by side for the model: ids [rows x longest], where labels are (row, position), and their targets and weights."""
    lengths = [len(row.inputs) for row in rows]
    ids = torch.zeros(len(rows), max(lengths), dtype=torch.long)
    at, targets, weights = [], [], []
    for index, row in enumerate(rows):
        ids[index, :lengths[index]] = row.inputs
        sites = row.weights.nonzero()[:, 0]
        at.append(torch.stack([torch.full_like(sites, index), sites]))
        targets.append(row.targets[sites])
        weights.append(row.weights[sites])
    return ids.to(device), torch.cat(at, 1).to(device), torch.cat(targets).to(device), torch.cat(weights).to(device)


def tensors(reference, names):
    """Tensors of a file whose digest is that of the request. Raises Failure (65) that names it."""
    path = reference["path"]
    if not os.path.exists(path):
        raise damaged(reference, "The token file is absent.")
    if reference.get("sha256") and digest(path) != reference["sha256"]:
        raise damaged(reference, f"The file's SHA-256 is not {reference['sha256']}, which the request names.")
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in names}
    except Exception as error:
        raise damaged(reference, "The token file cannot be read.", str(error)) from error


def are_bounds(edges, count):
    return edges[:1] == [0] and edges[-1] == count and all(a <= b for a, b in zip(edges, edges[1:]))


def damaged(reference, message, cause=None):
    return Failure(BAD_DATA, "dataset.damaged", message, reference["path"],
                   "Have the rows encoded again: remove the folder of their tokens.", cause)
