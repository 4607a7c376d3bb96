"""Dropout and NEFTune, drawn per (seed, step, row, position, place): ranks and micro-batches never change them."""
import torch
from torch import nn

from .order import GOLDEN, scrambled, shifted, signed

EMBEDDING = 1 << 48


def mix(key, index):
    """A key of its own for each index under a key; either is a tensor or a number."""
    step = signed((index + 1) * GOLDEN) if isinstance(index, int) else (index + 1) * signed(GOLDEN)
    return scrambled(key + step)


def draws(keys, stream, count):
    """Numbers in 0 ..< 1 [..., count] for tokens' keys [...]."""
    key = mix(keys, torch.tensor(signed(stream), device=keys.device))
    return shifted(mix(key[..., None], torch.arange(count, device=keys.device)), 40).float() * 2.0 ** -24


class Noise:
    """What the model's hooks draw from: the keys of the tokens now in the model [rows × length]; None: nothing is drawn."""

    def __init__(self, recipe):
        self.recipe, self.keys, self.lengths = recipe, None, None
        self.used = any(recipe[key] > 0 for key in ("adapterDropout", "dropout", "neftuneAlpha"))

    def begin(self, step, places, lengths, width, device):
        """Draws for rows at these places of a step, padded to `width`."""
        base = mix(mix(torch.tensor(signed(self.recipe["seed"])), 0x6E6F697365), step)
        rows = mix(base, torch.tensor(places))
        self.keys = mix(rows[:, None], torch.arange(width)).to(device)
        self.lengths = torch.tensor(lengths, device=device)

    def end(self):
        self.keys = None

    def dropped(self, x, stream, rate):
        """x [rows × length × n] with its numbers dropped or scaled up."""
        if self.keys is None or rate <= 0:
            return x
        kept = draws(self.keys, stream, x.shape[-1]) >= rate
        return x * (kept * (1 / (1 - rate))).to(x.dtype)

    def shaken(self, x):
        """Embeddings with NEFTune's noise of ± alpha / √(length · width)."""
        alpha = self.recipe["neftuneAlpha"]
        if self.keys is None or alpha <= 0:
            return x
        size = alpha / (self.lengths.float() * x.shape[-1]).sqrt()
        return x + ((2 * draws(self.keys, EMBEDDING, x.shape[-1]) - 1) * size[:, None, None]).to(x.dtype)

    def attention(self, layer, weights):
        """Attention's probabilities [rows × heads × length × length], dropped."""
        rate = self.recipe["dropout"]
        if self.keys is None or rate <= 0:
            return weights
        streams = [1 << 32 | (layer << 12) + head for head in range(weights.shape[1])]
        kept = torch.stack([draws(self.keys, stream, weights.shape[-1]) for stream in streams], 1) >= rate
        return weights * (kept * (1 / (1 - rate))).to(weights.dtype)


class DrawnDropout(nn.Module):
    """Takes the place of an adapter's dropout."""

    def __init__(self, noise, stream):
        super().__init__()
        self.noise, self.stream = noise, stream

    def forward(self, x):
        return self.noise.dropped(x, self.stream, self.noise.recipe["adapterDropout"])
