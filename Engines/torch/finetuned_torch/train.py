"""The training loop, to be read beside Sources/Worker/Training/TrainLoop.swift."""
import math
import platform
import resource
import time

import torch

from . import checkpoint, memory
from .contract import BAD_DATA, DIVERGED, FAULT, Failure, Stopped
from .optimizer import Optimizer
from .order import Plan
from .parallel import batches, put, rounds
from .tokens import padded

# Fewer validation answers than these say nothing of what is left to gain; so many measurements in a row must say it.
FEWEST_ANSWERS, MEASUREMENTS = 20, 2


class TrainLoop:
    def __init__(self, tuned, noise, world, train, validation, task, folder, mark, budget, events, should_stop):
        self.tuned, self.noise, self.world = tuned, noise, world
        self.train, self.validation, self.recipe = train, validation, task["recipe"]
        self.folder, self.mark, self.budget, self.events, self.should_stop = folder, mark, budget, events, should_stop
        if not any(row.labels for row in train):
            raise Failure(BAD_DATA, "training.no_labels", f"None of the {len(train)} rows has a token to learn from.", None,
                          "Check the rows' completions, and that recipe.max_length does not cut them off.")
        self.plan = Plan(self.recipe, len(train))
        self.pause, self.enough = task.get("pauseAtStep"), task.get("enough")
        self.optimizer = Optimizer(tuned.parameters, self.recipe)
        self.state, self.saved, self.best, self.runaway = dict(checkpoint.START), dict(checkpoint.START), None, 0

    def run(self):
        """Trains to the end or to `pauseAtStep`. Raises Stopped once a checkpoint of the last whole step is written."""
        self.resume()
        if self.is_validation_due():
            self.validate()
        while self.is_at_work():
            if self.world.any(self.should_stop()):
                if self.state != self.saved:
                    self.checkpoint()
                self.world.wait()
                raise Stopped
            self.take_step()
            step = self.state["step"]
            if self.is_evaluation(step):
                self.validate()
            if step % max(1, self.recipe["checkpointEverySteps"]) == 0 and self.is_at_work():
                self.checkpoint()
        paused = bool(self.pause) and self.state["step"] < self.last_step() and self.state["step"] == self.pause
        if paused:
            self.checkpoint()
        elif self.best is not None and self.validation:
            self.load(self.best)
        return self.result(paused)

    def last_step(self):
        """The recipe's last step, or that at which the rate has fallen after nothing was left to gain."""
        after = self.state["fallsAfter"]
        return self.plan.steps if after is None else after + fall(after)

    def is_at_work(self):
        return self.state["step"] < min(self.last_step(), self.pause or self.plan.steps) and not self.is_patience_lost()

    def rate(self, step):
        after = self.state["fallsAfter"]
        return self.plan.rate(step) if after is None else self.plan.rate_after(step, after, fall(after))

    def resume(self):
        best = {}
        sets = {"values": self.tuned.parameters, "first": self.optimizer.first, "second": self.optimizer.second, "best": best}

        def take(kind, name, tensor):
            if kind == "best":
                best[name] = torch.empty_like(self.tuned.parameters[name].detach())
            put(sets[kind][name], tensor)

        found = checkpoint.read(self.folder, self.mark, take)
        if found:
            self.state, self.best = found, best or None
            self.saved = dict(self.state)

    def load(self, values):
        for name, p in self.tuned.parameters.items():
            put(p, values[name])

    def values(self):
        return {name: p.detach() for name, p in self.tuned.parameters.items()}

    def take_step(self):
        """One optimizer step. Until all its gradients are there, nothing that lasts is changed."""
        started, step = time.monotonic(), self.state["step"]
        places = self.plan.step_rows(step)
        rows = [self.train[place] for place in places]
        loss = self.gradients([row for row in rows if row.labels], step)
        norm = self.norm()
        self.check(loss, norm, places)
        rate, clip = self.rate(step), self.recipe["clipNorm"]
        self.optimizer.update(step + 1, rate, min(1, clip / (norm + 1e-6)) if clip > 0 else 1)
        tokens, labels = sum(row.tokens for row in rows), sum(row.labels for row in rows)
        state = self.state
        state["step"] += 1
        state["firstLoss"] = loss if state["firstLoss"] is None else state["firstLoss"]
        state["lastLoss"] = loss
        state["seconds"] += time.monotonic() - started
        state["tokens"] += tokens
        state["labelTokens"] += labels
        left = state["seconds"] / state["step"] * (self.last_step() - state["step"])
        self.events.last_progress = {"done": state["step"], "total": self.last_step(), "unit": "steps"}
        self.events.tell("step", step={
            "step": state["step"], "steps": self.last_step(), "epoch": state["step"] / self.plan.per_epoch, "loss": loss,
            "gradientNorm": norm, "learningRate": rate, "tokens": tokens, "labelTokens": labels,
            "tokensPerSecond": self.speed(), "memoryBytes": peak_bytes(), "secondsLeft": left})

    def gradients(self, rows, step):
        """Leaves the gradient of the step's mean loss a labelled token, over all ranks; returns that loss."""
        total = sum(row.weight for row in rows)
        # What is split is summed by FSDP2, which divides by the ranks.
        split = self.tuned.is_split and self.tuned.is_full
        times = self.world.size if split else 1

        def sweep():
            loss = 0.0
            self.optimizer.clear()
            for batch in self.shares(rows):
                try:
                    value, _, weights = self.forward(batch, rows, step, self.recipe["labelSmoothing"])
                    if total > 0:
                        ((value * weights).sum() / total * times).backward()
                        loss += float((value.detach() * weights).double().sum()) / total
                finally:
                    self.noise.end()
            return loss

        self.optimizer.clear()
        loss = self.with_room(rows, sweep) if rows else 0.0
        if not split:
            self.world.summed(self.optimizer.gradients())
        return self.world.figures(loss)[0]

    def norm(self):
        """The norm of all gradients."""
        squares = self.optimizer.squares()
        return math.sqrt(self.world.figures(squares)[0] if self.tuned.is_split and self.tuned.is_full else squares)

    def with_room(self, rows, compute, kind="training"):
        """What `compute` makes of rows on every rank; where memory runs out on one of them, again with smaller micro-batches."""
        while True:
            short, made = False, None
            try:
                made = compute()
            except memory.OutOfMemory:
                short = True
            # Ranks that split the base wait for this one in the midst of a layer: nothing can be agreed on there.
            if short and self.tuned.is_split:
                self.shrink(rows, kind)
                raise memory.leave(self.folder, self.budget, self.tuned.computes_again)
            if self.tuned.is_split or not self.world.any(short):
                return made
            self.shrink(rows, kind)

    def shrink(self, rows, kind):
        """Memory ran out: smaller micro-batches from here on, then blocks that are computed twice. Raises Failure where a row alone is too much."""
        torch.cuda.empty_cache()
        tokens, batch = memory.largest(rows, self.budget, self.world.size)
        if len(batch) > 1:
            self.budget = min(self.budget, tokens) // 2
            said = f"Memory ran out: micro-batches have {self.budget} tokens from here on."
        elif not self.tuned.computes_again and self.tuned.can_compute_again:
            self.tuned.compute_again()
            said = "Memory ran out: blocks are computed twice from here on."
        else:
            row = batch[0]
            raise Failure(FAULT, "worker.memory", f"The {kind} row {row.number}, of {row.tokens} tokens, does not fit into the device's memory.",
                          f"step {self.state['step'] + 1}, {kind} row {row.number}",
                          "Lower recipe.max_length, train with lora or nf4, or split the base with parallel = \"shard\".")
        self.events.tell("warning", warning={"code": "worker.memory", "message": said,
                                             "remedy": "Nothing needs to be done; the numbers stay the same."})

    def shares(self, rows):
        """This rank's micro-batches. Where the base is split every rank computes equally often."""
        found = batches([len(row.inputs) for row in rows], self.budget, self.world.size)
        return rounds(found, self.world.rank) if self.tuned.is_split else found[self.world.rank]

    def forward(self, batch, rows, step=None, smoothing=0.0):
        """Losses of the labels of the rows at these places; a row without weight where there are none."""
        chosen = [rows[place] for place in batch] or rows[:1]
        ids, sites, targets, weights = padded(chosen, self.world.device)
        if step is not None and self.noise.used:
            self.noise.begin(step, batch or [0], [len(row.inputs) for row in chosen], ids.shape[1], self.world.device)
        value, correct = self.tuned.losses(ids, (sites[0], sites[1]), targets, smoothing)
        return value, correct, weights if batch else weights * 0

    def check(self, loss, norm, places):
        """Refuses to go on from numbers that are no longer a model; the last checkpoint stays."""
        where = f"step {self.state['step'] + 1} of {self.plan.steps}, training rows {', '.join(str(p + 1) for p in places)}"
        rate = self.recipe["learningRate"]
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise Failure(DIVERGED, "training.not_finite", f"The loss is {loss} and the gradient norm {norm}.", where,
                          f"Lower recipe.learning_rate (now {rate}), and look at the rows named here.")
        first = self.state["firstLoss"] if self.state["firstLoss"] is not None else loss
        vocabulary = self.tuned.base.get_output_embeddings().weight.shape[0]
        self.runaway = self.runaway + 1 if loss > max(3 * first, math.log(vocabulary) + 3) else 0
        if self.runaway >= 3:
            raise Failure(DIVERGED, "training.exploding", f"The loss has grown to {loss}, from {first} at the start.", where,
                          f"Lower recipe.learning_rate (now {rate}) or recipe.clip_norm, or lengthen the warm-up.")

    def is_evaluation(self, step):
        if not self.validation:
            return False
        every = self.recipe["evaluateEverySteps"]
        return step == self.last_step() or (step % every == 0 if every > 0 else step % self.plan.per_epoch == 0)

    def is_validation_due(self):
        """Whether the validation of the steps done is still to be made: the run is new, or it ended in that validation."""
        if not self.validation:
            return False
        if self.state["step"] == 0:
            return self.state["startLoss"] is None
        asked = sum(self.is_evaluation(step) for step in range(self.state["bestStep"] + 1, self.state["step"] + 1))
        return asked > self.state["evaluationsWithoutGain"]

    def is_patience_lost(self):
        patience = self.recipe.get("patience")
        return patience is not None and self.state["evaluationsWithoutGain"] >= max(1, patience)

    @torch.no_grad()
    def validate(self):
        """Measures validation loss and keeps the best weights seen."""
        rows = [row for row in self.validation if row.labels]
        if not rows:
            return
        def sums():
            loss = weight = right = wrong = 0.0
            for batch in self.shares(rows):
                value, correct, weights = self.forward(batch, rows)
                answers = correct.split([rows[place].labels for place in batch]) if batch else ()
                wrong += sum(1.0 for answer in answers if not bool(answer.all()))
                loss += float((value * weights).double().sum())
                weight += float(weights.double().sum())
                right += float((correct * weights).double().sum())
            return loss, weight, right, wrong

        loss, weight, right, wrong = self.world.figures(*self.with_room(rows, sums, "validation"))
        mean, state = loss / weight, self.state
        best = state["bestLoss"] is None or mean < state["bestLoss"]
        if state["step"] == 0:
            state["startLoss"] = mean
        if best:
            state["bestLoss"], state["bestStep"], state["evaluationsWithoutGain"] = mean, state["step"], 0
            self.best = {name: value.clone() for name, value in self.values().items()}
        else:
            state["evaluationsWithoutGain"] += 1
        left = None
        if self.enough and len(rows) >= FEWEST_ANSWERS:
            left = (loss if self.enough["measure"] == "loss" else wrong) / len(rows)
        self.look(left)
        self.events.tell("validation", validation={
            "step": state["step"], "loss": mean, "tokenAccuracy": right / weight, "best": best,
            **({} if left is None else {"left": left})})

    def look(self, left):
        """Lets the rate fall to its end where what is left to gain was too little at enough measurements."""
        state = self.state
        if not self.enough or state["fallsAfter"] is not None:
            return
        state["measurementsOfEnough"] = state["measurementsOfEnough"] + 1 if left is not None and left < self.enough["below"] else 0
        step = state["step"]
        if step > 0 and state["measurementsOfEnough"] >= MEASUREMENTS and step + fall(step) < self.plan.steps:
            state["fallsAfter"] = step

    def checkpoint(self):
        sets = {"values": self.values(), "first": self.optimizer.first, "second": self.optimizer.second, "best": self.best or {}}
        sets = {kind: self.world.whole(tensors) for kind, tensors in sets.items()}
        if self.world.rank == 0:
            self.events.fence()
            checkpoint.write(self.folder, self.mark, self.state, sets)
        self.saved = dict(self.state)
        self.events.tell("checkpoint", checkpoint=self.state["step"])

    def speed(self):
        return self.state["tokens"] / max(1e-9, self.state["seconds"])

    def result(self, paused):
        state = self.state
        planned = self.plan.steps if state["fallsAfter"] is not None and not paused else None
        figures = {"steps": state["step"], "plannedSteps": planned, "bestStep": state["bestStep"] if self.validation else state["step"],
                   "finalLoss": state["lastLoss"], "validationLoss": state["bestLoss"], "startValidationLoss": state["startLoss"],
                   "seconds": state["seconds"], "tokens": state["tokens"], "labelTokens": state["labelTokens"],
                   "tokensPerSecond": self.speed(), "peakMemoryBytes": peak_bytes(), "paused": paused,
                   "machine": f"torch {torch.__version__}, {self.world.size} ranks on {self.world.device.type}"
                          f"{', base split' if self.tuned.is_split else ''}{', blocks computed twice' if self.tuned.computes_again else ''}"
                          f", {platform.machine()}"}
        return {key: value for key, value in figures.items() if value is not None}


def fall(steps):
    """The steps over which the rate falls, after so many."""
    return max(1, -(-steps // 10))


def peak_bytes():
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
