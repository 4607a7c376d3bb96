#!/usr/bin/env python3
"""A whole engine in one page, written from docs/engine-protocol.md alone: it trains LoRA on one small Llama, scores and answers, slowly, with
nothing but Python.

Gradients are differences of losses, so it is of no use but this: it shows what an engine has to do, and it passes `ftctl engine check`.
"""
import fcntl
import hashlib
import json
import math
import os
import signal
import struct
import sys
import time

HONOURED = ["alpha", "batchRows", "beta1", "beta2", "checkpointEverySteps", "epochs", "epsilon", "evaluateEverySteps", "learningRate",
            "maxLength", "method", "rank", "seed", "targets"]
ROLES = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj"}
MASK = (1 << 64) - 1


class Failure(Exception):
    """Why the work ends: the status, and what a person is told."""

    def __init__(self, status, code, message, place, remedy):
        super().__init__(message)
        self.status, self.told = status, {"code": code, "message": message, "place": place, "remedy": remedy}


class Stopped(Exception):
    pass


def read_tensors(path):
    """A safetensors file as flat lists of numbers by name, and its metadata."""
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header, kinds = json.loads(data[8:8 + size]), {"F32": "f", "I32": "i", "I64": "q", "F64": "d"}
    notes = header.pop("__metadata__", {})
    return {name: list(struct.unpack("<%d%s" % (math.prod(entry["shape"]), kinds[entry["dtype"]]),
                                     data[8 + size + entry["data_offsets"][0]:8 + size + entry["data_offsets"][1]]))
            for name, entry in header.items()}, notes


def write_tensors(path, tensors, kind="f", notes=()):
    """The file appears whole or not at all. `tensors`: name to (shape, numbers)."""
    header, body = {"__metadata__": dict(notes)}, b""
    for name, (shape, numbers) in tensors.items():
        part = struct.pack("<%d%s" % (len(numbers), kind), *numbers)
        header[name] = {"dtype": "F32" if kind == "f" else "F64", "shape": shape, "data_offsets": [len(body), len(body) + len(part)]}
        body += part
    head = json.dumps(header).encode()
    write(path, struct.pack("<Q", len(head)) + head + body)


def write_lists(path, lists):
    """A file of lists. `lists`: name to (kind of number, numbers)."""
    header, body, names = {}, b"", {"d": "F64", "q": "I64", "i": "I32"}
    for name, (kind, numbers) in lists.items():
        part = struct.pack("<%d%s" % (len(numbers), kind), *numbers)
        header[name] = {"dtype": names[kind], "shape": [len(numbers)], "data_offsets": [len(body), len(body) + len(part)]}
        body += part
    head = json.dumps(header).encode()
    write(path, struct.pack("<Q", len(head)) + head + body)


def write(path, data):
    with open(path + ".part", "wb") as file:
        file.write(data)
        os.fsync(file.fileno())
    os.replace(path + ".part", path)


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


class Folder:
    """The folder of the request: what is told, and whether another attempt has it."""

    def __init__(self, request):
        self.path, self.attempt = request["directory"], (request.get("compute") or {}).get("attempt")
        pipe = os.environ.get("FINETUNED_EVENTS_FD", "")
        self.pipe = int(pipe) if pipe.isdigit() else None
        self.file = os.open(self.path + "/events.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self.is_stopped = False
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "is_stopped", True))

    def is_mine(self):
        try:
            return self.attempt is None or int(open(self.path + "/attempt").read()) == self.attempt
        except FileNotFoundError:
            return True

    def tell(self, event, **fields):
        line = json.dumps({"time": time.time(), "event": event, "attempt": self.attempt, **fields}).encode() + b"\n"
        if self.is_mine():
            os.write(self.file, line)
        if self.pipe is not None:
            os.write(self.pipe, line)

    def fence(self):
        if not self.is_mine():
            raise Failure(74, "engine.fenced", "Another attempt has the folder.", self.path, "Nothing needs to be done.")


def scrambled(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def drawn(seed, stream, index):
    key = scrambled(seed + 0x9E3779B97F4A7C15 * (stream + 1) & MASK)
    return scrambled(key ^ (index * 0xD1B54A32D192ED03 + 0x8CB92BA72F3D8DD7) & MASK)


def times(matrix, width, vector):
    return [sum(map(float.__mul__, matrix[row:row + width], vector)) for row in range(0, len(matrix), width)]


class Llama:
    """One block, tied embeddings. `lora` adds scale · B·A to the layers of its roles."""

    def __init__(self, folder):
        self.c = json.load(open(folder + "/config.json"))
        if self.c["model_type"] != "llama" or self.c["num_hidden_layers"] != 1:
            raise Failure(66, "model.unsupported", "This engine runs a Llama of one block.", folder, "Use another engine.")
        self.w = read_tensors(folder + "/model.safetensors")[0]

    def normed(self, x, name):
        scale = 1 / math.sqrt(sum(v * v for v in x) / len(x) + self.c["rms_norm_eps"])
        return [v * scale * g for v, g in zip(x, self.w[name])]

    def linear(self, name, x, lora):
        y = times(self.w[f"model.layers.0.{name}.weight"], len(x), x)
        if name in lora["places"]:
            a, b, scale = *lora["places"][name], lora["scale"]
            inner = [scale * v for v in times(a, len(x), x)]
            y = [v + d for v, d in zip(y, times(b, len(inner), inner))]
        return y

    def turned(self, x, place, size):
        """Rotary positions: each head's first half with its second."""
        out, half = list(x), size // 2
        for head in range(0, len(x), size):
            for i in range(half):
                angle = place * self.c["rope_theta"] ** (-2 * i / size)
                a, b = x[head + i], x[head + half + i]
                out[head + i], out[head + half + i] = a * math.cos(angle) - b * math.sin(angle), b * math.cos(angle) + a * math.sin(angle)
        return out

    def losses(self, row, lora):
        """(weight, -ln p, whether it is the likeliest) of each labelled token of a row."""
        told = []
        for place, logits in self.logits(row["ids"][:-1], lora, [weight != 0 for weight in row["weights"][1:]]):
            most, wanted = max(logits), row["ids"][place + 1]
            told.append((row["weights"][place + 1], most + math.log(sum(math.exp(v - most) for v in logits)) - logits[wanted], logits[wanted] == most))
        return told

    def logits(self, ids, lora, wanted):
        """(place, logits) of what follows each token where that is wanted."""
        c, block = self.c, "model.layers.0."
        width, size, groups = c["hidden_size"], c["head_dim"], c["num_attention_heads"] // c["num_key_value_heads"]
        table, keys, values = self.w["model.embed_tokens.weight"], [], []
        for place, token in enumerate(ids):
            x = table[token * width:(token + 1) * width]
            h = self.normed(x, block + "input_layernorm.weight")
            q = self.turned(self.linear(ROLES["q"], h, lora), place, size)
            keys.append(self.turned(self.linear(ROLES["k"], h, lora), place, size))
            values.append(self.linear(ROLES["v"], h, lora))
            if not wanted[place]:
                continue
            mixed = []
            for head in range(c["num_attention_heads"]):
                at, own = head // groups * size, q[head * size:(head + 1) * size]
                scores = [sum(map(float.__mul__, own, k[at:at + size])) / math.sqrt(size) for k in keys]
                most = max(scores)
                shares = [math.exp(s - most) for s in scores]
                mixed += [sum(s * v[at + i] for s, v in zip(shares, values)) / sum(shares) for i in range(size)]
            x = [a + b for a, b in zip(x, self.linear("self_attn.o_proj", mixed, lora))]
            h = self.normed(x, block + "post_attention_layernorm.weight")
            gate, up = self.linear("mlp.gate_proj", h, lora), self.linear("mlp.up_proj", h, lora)
            x = [a + b for a, b in zip(x, self.linear("mlp.down_proj", [g / (1 + math.exp(-g)) * u for g, u in zip(gate, up)], lora))]
            yield place, times(table, width, self.normed(x, "model.norm.weight"))


def read_numbers(reference):
    path = reference["path"]
    if digest(path) != reference["sha256"]:
        raise Failure(65, "dataset.damaged", f"The SHA-256 is not {reference['sha256']}.", path, "Have the rows encoded again.")
    return read_tensors(path)[0]


def read_rows(reference):
    tensors = read_numbers(reference)
    edges = tensors["rows"]
    return [{"ids": tensors["ids"][a:b], "weights": tensors["weights"][a:b]} for a, b in zip(edges, edges[1:])]


def load(model):
    """The base alone: this engine knows no adapters that others trained."""
    for adapter in model["adapters"]:
        path = adapter["path"] + "/adapter_model.safetensors"
        if digest(path) != adapter["sha256"]:
            raise Failure(66, "model.digest", f"The SHA-256 is not {adapter['sha256']}.", path, "Restore the version's folder.")
        raise Failure(64, "request.adapters", "This engine starts from the base alone.", path, "Use another engine.")
    return Llama(model["basePath"])


def score(model, rows, lora):
    """What the task `score` gives of one file of sequences."""
    told = [model.losses(row, lora) for row in rows]
    return {"losses": ("d", [sum(weight * loss for weight, loss, _ in labels) for labels in told]),
            "correct": ("q", [sum(right for _, _, right in labels) for labels in told])}


def generate(model, asked, lora):
    """What the task `generate` gives of one file of prompts: the likeliest token again and again."""
    ids, edges, stopped = [], [0], []
    for a, b, limit in zip(asked["rows"], asked["rows"][1:], asked["limits"]):
        text, ends = asked["ids"][a:b], False
        while not ends and len(text) < b - a + limit:
            _, logits = list(model.logits(text, lora, [False] * (len(text) - 1) + [True]))[0]
            likeliest = logits.index(max(logits))
            ends = likeliest in asked["stops"]
            text += [] if ends else [likeliest]
        ids += text[b - a:]
        edges.append(len(ids))
        stopped.append(1 if ends else 0)
    return {"ids": ("i", ids), "rows": ("q", edges), "stopped": ("i", stopped)}


def ask(kind, task, folder):
    """Computes a file for each one of the request."""
    model, lora, files = load(task["model"]), {"places": {}, "scale": 1.0}, []
    for number, reference in enumerate(task["tokens"]):
        found = score(model, read_rows(reference), lora) if kind == "score" else generate(model, read_numbers(reference), lora)
        folder.fence()
        name = f"{'scores' if kind == 'score' else 'answers'}-{number}.safetensors"
        path = folder.path + "/" + name
        write_lists(path, found)
        files.append({"path": name, "sha256": digest(path), "bytes": os.path.getsize(path)})
    return {"files": files}


class Training:
    def __init__(self, task, folder):
        self.task, self.recipe, self.folder = task, task["recipe"], folder
        adapters = task["model"]["adapters"] + ([task["startAdapter"]] if "startAdapter" in task else [])
        self.model = load({**task["model"], "adapters": adapters})
        self.train, self.held = read_rows(task["tokens"]["train"]), read_rows(task["tokens"].get("validation") or task["tokens"]["train"])
        recipe, width = self.recipe, self.model.c["hidden_size"]
        self.per_epoch = -(-len(self.train) // recipe["batchRows"])
        self.steps = max(1, math.ceil(recipe["epochs"] * self.per_epoch))
        self.shapes, self.values = [], []
        for index, role in enumerate(role for role in ROLES if role in recipe["targets"]):
            out = len(self.model.w[f"model.layers.0.{ROLES[role]}.weight"]) // width
            rank = recipe["rank"]
            uniform = [(drawn(recipe["seed"], index, i) >> 40) * 2.0 ** -24 for i in range(rank * width)]
            a = [(2 * uniform[i * rank + r] - 1) / math.sqrt(width) for r in range(rank) for i in range(width)]
            self.shapes.append((role, rank, width, out))
            self.values += a + [0.0] * (out * rank)
        self.state = {"step": 0, "best": None, "bestStep": 0, "start": None, "last": 0.0}
        self.first, self.second, self.kept = [0.0] * len(self.values), [0.0] * len(self.values), list(self.values)

    def lora(self, values):
        places, at = {}, 0
        for role, rank, width, out in self.shapes:
            places[ROLES[role]] = (values[at:at + rank * width], values[at + rank * width:at + rank * (width + out)])
            at += rank * (width + out)
        return {"places": places, "scale": self.recipe["alpha"] / self.recipe["rank"]}

    def mean(self, rows, values):
        lora = self.lora(values)
        told = [loss for row in rows for loss in self.model.losses(row, lora)]
        total = sum(weight for weight, _, _ in told)
        return sum(w * loss for w, loss, _ in told) / total, sum(w for w, _, right in told if right) / total, len(told)

    def order(self, epoch):
        order = list(range(len(self.train)))
        for index in range(len(order) - 1, 0, -1):
            other = drawn(self.recipe["seed"], 1 << 32 | epoch, index) % (index + 1)
            order[index], order[other] = order[other], order[index]
        return order

    def step(self):
        recipe, done = self.recipe, self.state["step"]
        start = done % self.per_epoch * recipe["batchRows"]
        rows = [self.train[i] for i in self.order(done // self.per_epoch)[start:start + recipe["batchRows"]]]
        loss, _, labels = self.mean(rows, self.values)
        gradient = []
        for i, value in enumerate(self.values):
            above, below = ([*self.values[:i], value + d, *self.values[i + 1:]] for d in (1e-5, -1e-5))
            gradient.append((self.mean(rows, above)[0] - self.mean(rows, below)[0]) / 2e-5)
        one, two, rate, number = recipe["beta1"], recipe["beta2"], recipe["learningRate"], done + 1
        for i, g in enumerate(gradient):
            self.first[i] = one * self.first[i] + (1 - one) * g
            self.second[i] = two * self.second[i] + (1 - two) * g * g
            self.values[i] -= rate * (self.first[i] / (1 - one ** number)) / (math.sqrt(self.second[i] / (1 - two ** number)) + recipe["epsilon"])
        self.state.update(step=number, last=loss)
        self.folder.tell("step", step={
            "step": number, "steps": self.steps, "epoch": number / self.per_epoch, "loss": loss, "gradientNorm": math.hypot(*gradient),
            "learningRate": rate, "tokens": sum(len(row["ids"]) for row in rows), "labelTokens": labels, "tokensPerSecond": 1.0, "memoryBytes": 1})

    def validate(self):
        loss, accuracy, _ = self.mean(self.held, self.values)
        state, best = self.state, self.state["best"] is None or loss < self.state["best"]
        if best:
            state.update(best=loss, bestStep=state["step"])
            self.kept = list(self.values)
        if state["step"] == 0:
            state["start"] = loss
        self.folder.tell("validation", validation={"step": state["step"], "loss": loss, "tokenAccuracy": accuracy, "best": best})

    def checkpoint(self):
        self.folder.fence()
        sets = {name: ([len(numbers)], numbers) for name, numbers in
                (("values", self.values), ("first", self.first), ("second", self.second), ("kept", self.kept))}
        write_tensors(self.folder.path + "/checkpoint.safetensors", sets, "d", {"state": json.dumps(self.state)})
        self.folder.tell("checkpoint", checkpoint=self.state["step"])

    def run(self):
        path = self.folder.path + "/checkpoint.safetensors"
        if os.path.exists(path):
            sets, notes = read_tensors(path)
            self.values, self.first, self.second, self.kept = (sets[name] for name in ("values", "first", "second", "kept"))
            self.state = json.loads(notes["state"])
        last, every = min(self.steps, self.task.get("pauseAtStep") or self.steps), self.recipe["evaluateEverySteps"] or self.per_epoch
        if self.state["start"] is None and self.task["validation"]:
            self.validate()
        while self.state["step"] < last:
            self.folder.fence()
            if self.folder.is_stopped:
                self.checkpoint()
                raise Stopped
            self.step()
            done = self.state["step"]
            if self.task["validation"] and (done % every == 0 or done == self.steps):
                self.validate()
            if done % self.recipe["checkpointEverySteps"] == 0 and done < last:
                self.checkpoint()
        paused = last < self.steps
        if paused:
            self.checkpoint()
        return self.result(paused)

    def result(self, paused):
        self.folder.fence()
        os.makedirs(self.folder.path + "/adapter", exist_ok=True)
        weights, at = {}, 0
        values = self.kept if self.task["validation"] and not paused else self.values
        for role, rank, width, out in self.shapes:
            name = f"base_model.model.model.layers.0.{ROLES[role]}"
            weights[f"{name}.lora_A.weight"] = ([rank, width], values[at:at + rank * width])
            weights[f"{name}.lora_B.weight"] = ([out, rank], values[at + rank * width:at + rank * (width + out)])
            at += rank * (width + out)
        path = self.folder.path + "/adapter/adapter_model.safetensors"
        write_tensors(path, weights, notes={"format": "pt"})
        write(self.folder.path + "/adapter/adapter_config.json", json.dumps({
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": self.recipe["rank"], "lora_alpha": self.recipe["alpha"], "use_rslora": False,
            "lora_dropout": 0.0, "bias": "none", "target_modules": [ROLES[role].split(".")[1] for role, _, _, _ in self.shapes]}).encode())
        state = self.state
        return {"training": {
            "adapter": {"path": "adapter", "sha256": digest(path)}, "steps": state["step"],
            "bestStep": state["bestStep"] if self.task["validation"] else state["step"], "finalLoss": state["last"],
            **({"validationLoss": state["best"], "startValidationLoss": state["start"]} if self.task["validation"] else {}), "seconds": 1.0,
            "tokens": 1, "labelTokens": 1, "tokensPerSecond": 1.0, "peakMemoryBytes": 1, "paused": paused, "machine": "toy"}}


def main(path):
    request = json.load(open(path))
    folder = Folder(request)
    folder.tell("started")
    try:
        if request["version"] != 1:
            raise Failure(64, "request.version", "The request has a version other than 1.", path, "Use an engine of that version.")
        kind = request["task"]["task"]
        task = request["task"][kind]
        result = Training(task, folder).run() if kind == "train" else ask(kind, task, folder)
        write(folder.path + "/result.json", json.dumps(result).encode())
        folder.tell("result", result=result)
        status = 0
    except Stopped:
        status = 75
    except Failure as failure:
        folder.tell("failed", failure=failure.told)
        status = failure.status
    except Exception as error:
        folder.tell("failed", failure={"code": "worker.internal", "message": repr(error), "remedy": "Report it with the request file."})
        status = 70
    folder.tell("ended", status=status)
    return status


if sys.argv[1:] == ["--describe"]:
    print(json.dumps({"protocol": 1, "tasks": ["generate", "score", "train"], "architectures": ["llama"], "methods": ["lora"], "recipe": HONOURED, "devices": ["cpu"],
                      "versions": {"toy": "1"}}))
else:
    sys.exit(main(sys.argv[1]))
