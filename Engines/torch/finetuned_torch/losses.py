"""Losses of labels: the head is computed for labelled tokens alone, and no more of them at a time than fit."""
import torch
from torch.utils.checkpoint import checkpoint

# So many logits are in memory at a time, and those of so many labels at least.
LOGITS, FEWEST = 1 << 26, 64


class Loaded:
    """A base (`base`) with what was trained on it, which is computed as `model`."""

    is_split = is_full = False
    # Whether logits are what the head and `finished` make of hidden states, as was seen of the first ones; None: not looked at yet.
    is_plain = None

    def losses(self, ids, sites, targets, smoothing=0.0):
        """-ln p of each target from the hidden states at `sites` (row, position), and which are the likeliest."""
        most = max(FEWEST, LOGITS // self.base.config.get_text_config().vocab_size)
        if len(targets) > most and self.is_plain is not False:
            hidden, first, found = self.hidden(ids, sites, 1)
            with torch.no_grad():
                again = self.finished(hidden[:1])
            self.is_plain = self.is_plain or bool(torch.allclose(again, found.float(), rtol=1e-2, atol=1e-3))
            if self.is_plain:
                parts = [self.part(hidden[a:a + most], targets[a:a + most], smoothing) for a in range(0, len(targets), most)]
                loss, correct = (torch.cat(values) for values in zip(*parts))
                # Ranks that split the base have their gradients by way of what the whole model gave.
                return loss + first.float().sum() * 0 if self.is_split else loss, correct
        _, _, logits = self.hidden(ids, sites, None)
        return compared(logits.float(), targets, smoothing)

    def hidden(self, ids, sites, count):
        """(hidden states at the sites, what the model gave, logits of the first `count` of them, or of all)."""
        kept, head = [], self.base.get_output_embeddings()

        def keep(module, inputs):
            kept.append(inputs[0][sites])
            return (kept[0][:count],)
        handle = head.register_forward_pre_hook(keep)
        try:
            logits = self.model(input_ids=ids, use_cache=False).logits
        finally:
            handle.remove()
        return kept[0], logits, logits.reshape(-1, logits.shape[-1])

    def part(self, hidden, targets, smoothing):
        """Losses of some labels, whose logits are computed again when gradients are wanted."""
        if torch.is_grad_enabled():
            return checkpoint(lambda states: compared(self.finished(states), targets, smoothing), hidden, use_reentrant=False)
        return compared(self.finished(hidden), targets, smoothing)

    def finished(self, hidden):
        """Logits of hidden states, with what some architectures do to those of their head."""
        config, logits = self.base.config.get_text_config(), self.base.get_output_embeddings()(hidden).float()
        for name, multiplied in (("logits_scaling", False), ("logit_scale", True)):
            scale = getattr(config, name, None)
            if scale:
                logits = logits * scale if multiplied else logits / scale
        cap = getattr(config, "final_logit_softcapping", None)
        return torch.tanh(logits / cap) * cap if cap else logits


def compared(logits, targets, smoothing):
    normaliser = torch.logsumexp(logits, -1)
    loss = normaliser - logits.gather(1, targets[:, None])[:, 0]
    if smoothing > 0:
        loss = (1 - smoothing) * loss + smoothing * (normaliser - logits.mean(-1))
    return loss, logits.argmax(-1) == targets
