"""The sweep of the learning rate, to be read beside Sources/Worker/Training/RangeTest.swift. What its curve speaks for the daemon says."""
import math
import time

from .contract import BAD_DATA, BAD_REQUEST, Failure, Stopped
from .order import permutation
from .train import peak_bytes

SMOOTHING, DIVERGENCE = 0.6, 3.0


def sweep(loop, task):
    """Trains up to `steps` steps from `lowest` to `highest`; returns the curve. The parameters are used up."""
    lowest, highest, steps = task["lowest"], task["highest"], task["steps"]
    if not (0 < lowest < highest < math.inf and steps >= 8):
        raise Failure(BAD_REQUEST, "recipe.range_test", f"From {lowest} to {highest} in {steps} steps is no range to sweep.", "range-test",
                      "Use a lowest rate above 0, a higher highest one, and at least 8 steps.")
    rows = [place for place, row in enumerate(loop.train) if row.labels]
    if not rows:
        raise Failure(BAD_DATA, "training.no_labels", f"None of the {len(loop.train)} rows has a token to learn from.", None,
                      "Check the rows' completions, and that recipe.max_length does not cut them off.")
    rates, losses, average, best, tokens, started = [], [], 0.0, math.inf, 0, time.monotonic()
    for step in range(steps):
        if loop.world.any(loop.should_stop()):
            raise Stopped
        rate = lowest * (highest / lowest) ** (step / (steps - 1))
        batch = [loop.train[place] for place in places(loop.recipe, step, rows)]
        loss = loop.gradients(batch, step)
        norm = loop.norm()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            break
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        smoothed = average / (1 - SMOOTHING ** (step + 1))
        rates.append(rate)
        losses.append(loss)
        best = min(best, smoothed)
        clip = loop.recipe["clipNorm"]
        loop.optimizer.update(step + 1, rate, min(1, clip / (norm + 1e-6)) if clip > 0 else 1)
        here = sum(row.tokens for row in batch)
        tokens += here
        loop.events.tell("step", step={
            "step": step + 1, "steps": steps, "epoch": 0, "loss": loss, "gradientNorm": norm, "learningRate": rate, "tokens": here,
            "labelTokens": sum(row.labels for row in batch), "tokensPerSecond": tokens / max(1e-9, time.monotonic() - started),
            "memoryBytes": peak_bytes()})
        if smoothed > DIVERGENCE * best:
            break
    return {"learningRates": rates, "losses": losses, "smoothed": [], "suggested": lowest, "reason": ""}


def places(recipe, step, rows):
    """The rows of 0-based `step`, walking through one shuffle after another."""
    found = []
    for position in range(step * recipe["batchRows"], (step + 1) * recipe["batchRows"]):
        order = permutation(recipe["seed"], position // len(rows), len(rows), kind=2)
        found.append(rows[order[position % len(rows)]])
    return found
