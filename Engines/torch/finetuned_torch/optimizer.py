"""AdamW as the Swift loop computes it, in float32, with LoRA+ and decay towards the start."""
import math

import torch

from .parallel import local


class Optimizer:
    def __init__(self, parameters, recipe):
        self.parameters, self.recipe = parameters, recipe
        self.first = {name: torch.zeros_like(p) for name, p in parameters.items()}
        self.second = {name: torch.zeros_like(p) for name, p in parameters.items()}
        self.anchor = {name: p.detach().clone() for name, p in parameters.items()} if recipe["startDecay"] > 0 else None

    def gradients(self):
        """The gradients in order; zeros where a parameter took no part."""
        for p in self.parameters.values():
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        return [p.grad for p in self.parameters.values()]

    def clear(self):
        for p in self.parameters.values():
            p.grad = None

    def squares(self):
        """The sum of the squares of the gradients that this rank has."""
        return sum(float(local(g).double().square().sum()) for g in self.gradients())

    @torch.no_grad()
    def update(self, step, rate, scale):
        """One update; `step` is 1-based, gradients are multiplied by `scale` (clipping) first."""
        r = self.recipe
        b1, b2 = r["beta1"], r["beta2"]
        c1, c2 = 1 - b1 ** step, math.sqrt(1 - b2 ** step)
        for name, p in self.parameters.items():
            speed = rate * r["loraPlusRatio"] if ".lora_B." in name else rate
            decay = 0.0 if p.dim() < 2 else r["weightDecay"]
            anchor = local(self.anchor[name]) if self.anchor else None
            p, g, m, v = local(p), local(p.grad) * scale, local(self.first[name]), local(self.second[name])
            m.add_(g - m, alpha=1 - b1)
            v.mul_(b2).addcmul_(g, g, value=1 - b2)
            pull = None if anchor is None else (p - anchor) * (speed * r["startDecay"])
            p.mul_(1 - speed * decay)
            if pull is not None:
                p.sub_(pull)
            p.addcdiv_(m, (v.sqrt() / c2).add_(r["epsilon"]), value=-speed / c1)
