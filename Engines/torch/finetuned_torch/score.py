"""Losses of sequences, to be read beside Sources/Worker/Evaluation/SequenceScorer.swift."""
import torch

from .contract import FAULT, Failure, Stopped
from .memory import OutOfMemory
from .parallel import batches, rounds
from .tokens import padded


@torch.no_grad()
def score(tuned, world, rows, budget, events, should_stop):
    """Summed losses in nats [rows] and how many labels were the likeliest tokens [rows], the same on every rank.

    Sequences without a label have 0 of both. Raises Stopped once all ranks agree on it.
    """
    losses, correct = (torch.zeros(len(rows), dtype=torch.float64, device=world.device) for _ in range(2))
    labelled = [place for place, row in enumerate(rows) if row.labels]
    shares = batches([len(rows[place].inputs) for place in labelled], budget, world.size)
    done = 0
    for batch in rounds(shares, world.rank):
        asked, told = world.figures(1.0 if should_stop() else 0.0, done)
        if asked:
            raise Stopped
        events.last_progress = {"done": int(told), "total": len(labelled), "unit": "sequences"}
        places = [labelled[place] for place in batch]
        if places or tuned.is_split:
            # Where the base is split every rank computes equally often, on a row that counts for nothing if need be.
            computed = measured(tuned, world, [rows[place] for place in places] or [rows[labelled[0]]])
            if places:
                losses[places], correct[places] = computed
        done += len(places)
        events.tell("progress", progress=events.last_progress)
    world.summed([losses, correct])
    return {"losses": losses.cpu(), "correct": correct.cpu().long()}


def measured(tuned, world, rows):
    """Losses and right labels of a few rows; where memory runs out, of each half by itself."""
    try:
        ids, sites, targets, weights = padded(rows, world.device)
        value, right = tuned.losses(ids, (sites[0], sites[1]), targets)
        sums = torch.zeros(2, len(rows), dtype=torch.float64, device=world.device)
        sums[0].index_add_(0, sites[0], value.double() * weights.double())
        sums[1].index_add_(0, sites[0], right.double())
        return sums[0], sums[1]
    except OutOfMemory:
        if tuned.is_split or len(rows) == 1:
            row = max(rows, key=lambda row: row.tokens)
            raise Failure(FAULT, "worker.memory", f"Sequence {row.number}, of {row.tokens} tokens, does not fit into the device's memory"
                          + (f", with {len(rows) - 1} shorter ones." if len(rows) > 1 else "."), f"sequence {row.number}",
                          "Lower recipe.max_length, or use more memory or nf4.") from None
    torch.cuda.empty_cache()
    half = len(rows) // 2
    first, second = measured(tuned, world, rows[:half]), measured(tuned, world, rows[half:])
    return torch.cat([first[0], second[0]]), torch.cat([first[1], second[1]])
