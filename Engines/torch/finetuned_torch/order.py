"""Random numbers that are functions of (seed, stream, index), the order of rows, and the schedule: as the Swift loop has them."""
import math

import torch

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def signed(value):
    """A 64-bit pattern as the number that torch keeps it as."""
    value &= MASK
    return value - (1 << 64) if value >> 63 else value


def shifted(z, bits):
    """Logical shift to the right."""
    return (z >> bits) & ((1 << (64 - bits)) - 1)


def scrambled(z):
    z = (z ^ shifted(z, 30)) * signed(0xBF58476D1CE4E5B9)
    z = (z ^ shifted(z, 27)) * signed(0x94D049BB133111EB)
    return z ^ shifted(z, 31)


def bits(seed, stream, index):
    """64 random bits for each `index` (a tensor) of a stream."""
    key = scrambled(torch.tensor(signed(seed + GOLDEN * (stream + 1))))
    return scrambled(key ^ (index * signed(0xD1B54A32D192ED03) + signed(0x8CB92BA72F3D8DD7)))


def uniform(seed, stream, count):
    """`count` numbers in 0 ..< 1 with 24 random bits, as float32."""
    return shifted(bits(seed, stream, torch.arange(count)), 40).float() * 2.0 ** -24


def permutation(seed, epoch, count, kind=1):
    """Fisher and Yates's shuffle of 0 ..< count for an epoch (`kind` 1), or for a pass of a sweep (2)."""
    drawn = bits(seed, kind << 32 | epoch, torch.arange(count)).tolist()
    order = list(range(count))
    for index in range(count - 1, 0, -1):
        other = (drawn[index] & MASK) % (index + 1)
        order[index], order[other] = order[other], order[index]
    return order


class Plan:
    """Which rows a step has, and how fast it learns."""

    def __init__(self, recipe, rows):
        self.recipe, self.rows = recipe, rows
        self.per_epoch = -(-rows // recipe["batchRows"])
        self.steps = max(1, math.ceil(recipe["epochs"] * self.per_epoch))
        self.warmup = min(self.steps, math.ceil(recipe["warmupRatio"] * self.steps))
        self.epoch, self.order = None, None

    def step_rows(self, step):
        """The rows of 0-based `step`: a window of the epoch's own shuffle."""
        epoch = step // self.per_epoch
        if epoch != self.epoch:
            self.epoch, self.order = epoch, permutation(self.recipe["seed"], epoch, self.rows)
        start = step % self.per_epoch * self.recipe["batchRows"]
        return self.order[start:start + self.recipe["batchRows"]]

    def rate_after(self, step, left, count):
        """The rate of 0-based `step` where the schedule is left after `left` steps: a straight fall to the floor over `count`."""
        last = self.rate(max(0, left - 1))
        low = min(last, self.recipe["learningRate"] * self.recipe["minLearningRateRatio"])
        return last + (low - last) * min(1, (step - left + 1) / max(1, count))

    def rate(self, step):
        """The learning rate of 0-based `step`: a linear rise, then the schedule down to the floor."""
        peak, floor = self.recipe["learningRate"], self.recipe["minLearningRateRatio"]
        if step < self.warmup:
            return peak * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        kind = self.recipe["schedule"]
        if kind == "linear":
            return peak * (1 - (1 - floor) * done)
        if kind == "cosine":
            return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done)))
        if kind == "wsd" and done >= 0.8:
            return peak * (1 - (1 - floor) * (done - 0.8) / 0.2)
        return peak
