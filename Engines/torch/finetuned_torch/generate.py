"""Greedy answers in tokens, to be read beside Sources/Worker/Generation/Generator.swift."""
import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList

from .contract import FAULT, Failure, Stopped
from .memory import OutOfMemory
from .parallel import batches, rounds

# More rows at a time gain little, and one of them that goes on keeps all.
WIDEST = 64


class Ends(StoppingCriteria):
    """Ends each row at its own limit; and all of them where this rank alone was asked to stop."""

    def __init__(self, width, limits, should_stop, is_alone):
        self.width, self.limits, self.should_stop, self.is_alone = width, limits, should_stop, is_alone

    def __call__(self, input_ids, scores, **_):
        if self.is_alone and self.should_stop():
            raise Stopped
        return input_ids.shape[1] - self.width >= self.limits


@torch.no_grad()
def generate(tuned, world, prompts, limits, stops, budget, events, should_stop):
    """The likeliest next token again and again, for each prompt up to its limit or to one of `stops`, which is not part of the answer.

    Returns `ids`, the answers one after another, `rows`, where each begins and the last one ends, and `stopped`, whether it ended with one
    of `stops`; the same on every rank. A prompt without tokens, and one whose limit is 0, gets an empty answer that did not stop.
    """
    asked = [place for place, prompt in enumerate(prompts) if len(prompt) and limits[place] > 0]
    # Neighbours are of like length, so that little is padded.
    lengths = [len(prompts[place]) + limits[place] for place in asked]
    shares = [[part for batch in share for part in cut(batch, WIDEST)] for share in batches(lengths, budget, world.size)]
    longest = max([limits[place] for place in asked], default=0)
    # What ended an answer is kept in its place and cut off below.
    found = torch.zeros(len(prompts), longest + 1, dtype=torch.float64, device=world.device)
    done = 0
    for batch in rounds(shares, world.rank):
        leaves, told = world.figures(1.0 if should_stop() else 0.0, done)
        if leaves:
            raise Stopped
        events.last_progress = {"done": int(told), "total": len(asked), "unit": "answers"}
        events.tell("progress", progress=events.last_progress)
        places = [asked[place] for place in batch]
        if places or tuned.is_split:
            chosen = places or [asked[0]]
            ids = answered(tuned, world, [prompts[place] for place in chosen], [limits[place] for place in chosen], stops, should_stop)
            if places:
                # Sums over ranks carry 0 for what another one has, so tokens are kept one higher.
                found[places, :ids.shape[1]] = (ids + 1).double()
        done += len(places)
    world.summed([found])
    ids, edges, stopped, ends, known = [], [0], [], set(stops), set(asked)
    for place, row in enumerate(found.cpu().long().tolist()):
        answer = [token - 1 for token in row[:limits[place] if place in known else 0] if token > 0]
        end = next((index for index, token in enumerate(answer) if token in ends), None)
        ids += answer if end is None else answer[:end]
        stopped.append(0 if end is None else 1)
        edges.append(len(ids))
    return {"ids": torch.tensor(ids, dtype=torch.int32), "rows": torch.tensor(edges), "stopped": torch.tensor(stopped, dtype=torch.int32)}


def cut(batch, most):
    return [batch[first:first + most] for first in range(0, len(batch), most)]


def answered(tuned, world, prompts, limits, stops, should_stop):
    """The new tokens [rows x longest] of a few prompts, with what ended each, and whatever beyond it; where memory runs out, by halves."""
    width, padding = max(map(len, prompts)), stops[0] if stops else 0
    ids, mask = torch.full((len(prompts), width), padding), torch.zeros(len(prompts), width, dtype=torch.long)
    for index, prompt in enumerate(prompts):
        ids[index, width - len(prompt):], mask[index, width - len(prompt):] = prompt, 1
    # Nothing of what the model's folder asks for, such as penalties: the likeliest token alone.
    tuned.base.generation_config = GenerationConfig()
    plan = GenerationConfig(do_sample=False, num_beams=1, max_new_tokens=max(limits), eos_token_id=stops or None, pad_token_id=padding, use_cache=True)
    ends = Ends(width, torch.tensor(limits, device=world.device), should_stop, world.size == 1)
    try:
        out = tuned.base.generate(input_ids=ids.to(world.device), attention_mask=mask.to(world.device), generation_config=plan,
                                   stopping_criteria=StoppingCriteriaList([ends]), synced_gpus=tuned.is_split)
        return out[:, width:]
    except OutOfMemory:
        if tuned.is_split or len(prompts) == 1:
            raise Failure(FAULT, "worker.memory", f"{len(prompts)} prompts, the longest of {width} tokens, do not fit into the device's memory.", None,
                          "Lower gates.max_new_tokens, or use more memory or nf4.") from None
    torch.cuda.empty_cache()
    half = len(prompts) // 2
    first, second = (answered(tuned, world, prompts[part], limits[part], stops, should_stop) for part in (slice(half), slice(half, None)))
    both = torch.full((len(prompts), max(first.shape[1], second.shape[1])), padding, device=world.device)
    both[:half, :first.shape[1]], both[half:, :second.shape[1]] = first, second
    return both
