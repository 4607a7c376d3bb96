"""Requests in, events and results out, as docs/engine-protocol.md has them. Imports nothing that is slow to load."""
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import signal
import threading
import time

DONE, BAD_REQUEST, BAD_DATA, BAD_MODEL, FAULT, CANNOT_WRITE, PEER_LOST, STOPPED, DIVERGED = 0, 64, 65, 66, 70, 73, 74, 75, 76

# What it runs: as GGUF names them where finetune-worker runs them too, else by transformers' model_type.
ARCHITECTURES = [
    "apertus", "arcee", "biogpt", "bloom", "cohere", "cohere2", "cwm", "diffllama", "doge", "ernie4_5", "exaone4",
    "falcon", "gemma", "gemma2", "gemma3", "glm", "glm4", "gpt_neox", "gptj", "granite", "granitemoe", "helium",
    "hunyuan_v1_dense", "hyperclovax", "internlm3", "jais2", "llama", "ministral", "mistral3", "mpt", "nanochat",
    "nemotron", "olmo", "olmo2", "olmoe", "opt", "persimmon", "phi", "qwen2", "qwen2_moe", "qwen3", "qwen3_5",
    "qwen3_5_text", "qwen3_moe", "seed_oss", "smollm3", "stablelm", "starcoder2", "vaultgemma", "xglm"]


class Failure(Exception):
    """Why the work ends early: the exit status, and what a person is told."""

    def __init__(self, status, code, message, place=None, remedy=None, cause=None):
        super().__init__(message)
        self.status = status
        told = {"code": code, "message": message, "place": place, "remedy": remedy, "cause": cause}
        self.told = {key: value for key, value in told.items() if value is not None}


class Stopped(Exception):
    """The engine was asked to leave, and has written its checkpoint."""


def read_request(path):
    """The request at `path`. Raises Failure (64) that names the file and the key at fault."""
    see = "See docs/engine-protocol.md for what a request holds."

    def fault(message, key=None, cause=None):
        return Failure(BAD_REQUEST, "request.invalid", message, f"{path}, {key}" if key else path, see, cause)

    try:
        with open(path, encoding="utf-8") as file:
            request = json.load(file)
    except (OSError, ValueError) as error:
        raise fault("The request cannot be read.", cause=str(error)) from error
    if not isinstance(request, dict) or request.get("version") != 1:
        raise fault("The request has a version other than 1.", "version")
    for key, kind in (("id", str), ("directory", str), ("task", dict)):
        if not isinstance(request.get(key), kind):
            raise fault("The key is missing or of another kind.", key)
    name = request["task"].get("task")
    if name not in ("train", "range-test", "score", "generate"):
        raise fault(f"This engine does not do the task '{name}'.", "task.task")
    task = request["task"].get(name)
    check_compute(request.get("compute") or {}, path)
    if name in ("score", "generate"):
        if not isinstance(task, dict) or not isinstance(task.get("model"), dict):
            raise fault("The key is missing.", f"task.{name}.model")
        files = task.get("tokens")
        if not isinstance(files, list) or not all(isinstance(file, dict) and isinstance(file.get("path"), str) for file in files):
            raise fault("The key is missing: this engine computes on tokens.", f"task.{name}.tokens")
        return request
    if name == "range-test" and isinstance(task, dict):
        for key in ("lowest", "highest", "steps"):
            if not isinstance(task.get(key), (int, float)):
                raise fault("The key is missing or no number.", f"task.range-test.{key}")
        task = task.get("train")
        if isinstance(task, dict) and isinstance(task.get("recipe"), dict):
            # The sweep has its own rates.
            task["recipe"]["learningRate"] = request["task"][name]["lowest"]
    if not isinstance(task, dict):
        raise fault("The key is missing.", f"task.{name}")
    # Both kinds of work train on the same thing.
    request["task"]["train"] = task
    for key in ("model", "recipe", "tokens"):
        if not isinstance(task.get(key), dict):
            raise fault("The key is missing: this engine trains on tokens.", f"task.train.{key}")
    check_recipe(task["recipe"], path)
    return request


def check_recipe(recipe, path):
    """Refuses values that would be passed over or cannot be: nothing is ignored silently."""
    def number(key, low, high, whole=False):
        value = recipe.get(key)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high or whole and value != int(value):
            raise Failure(BAD_REQUEST, "recipe." + key, f"{key} is {value}, not in {low} … {high}.", f"{path}, recipe.{key}",
                          "Give a number in that range.")

    if recipe.get("learningRate") is None:
        raise Failure(BAD_REQUEST, "recipe.learning_rate", "There is no learning rate to train with.", "recipe.learning_rate",
                      "Set one, or run the range test first.")
    number("learningRate", 1e-12, 10)
    number("rank", 1, 1024, True)
    number("batchRows", 1, 1 << 20, True)
    number("epochs", 1e-9, 1e6)
    for key in ("dropout", "adapterDropout", "labelSmoothing"):
        number(key, 0, 0.99)
    if recipe.get("method") not in ("lora", "full"):
        raise Failure(BAD_REQUEST, "recipe.method", f"method is '{recipe.get('method')}'.", "recipe.method", "Use lora or full.")
    if recipe.get("schedule") not in ("constant", "linear", "cosine", "wsd"):
        raise Failure(BAD_REQUEST, "recipe.schedule", f"schedule is '{recipe.get('schedule')}'.", "recipe.schedule",
                      "Use constant, linear, cosine or wsd.")


def check_compute(compute, path):
    choices = {"precision": ("float32", "bfloat16"), "quantise": ("none", "nf4"), "parallel": ("auto", "replicate", "shard"),
               "device": ("cpu", "cuda")}
    for key, values in choices.items():
        if compute.get(key, values[0]) not in values:
            raise Failure(BAD_REQUEST, "request.invalid", f"{key} is '{compute[key]}'.", f"{path}, compute.{key}",
                          f"Use {' or '.join(values)}.")
    ranks = compute.get("ranks", 1)
    if not isinstance(ranks, int) or not 1 <= ranks <= 4096:
        raise Failure(BAD_REQUEST, "request.invalid", f"ranks is {ranks}.", f"{path}, compute.ranks", "Give 1 to 4096.")


class Fault:
    """Lets tests kill, stop or hang the engine at exactly one event: `FINETUNED_FAULT=kill-after:checkpoint:2` (docs/engine-protocol.md)."""

    SIGNALS = {"kill-before": signal.SIGKILL, "kill-after": signal.SIGKILL, "term-after": signal.SIGTERM, "cancel-after": signal.SIGINT}

    def __init__(self):
        parts = [*os.environ.get("FINETUNED_FAULT", "").split(":"), "", "1"]
        self.action, self.event, self.left = parts[0], parts[1], int(parts[2] or 1) if (parts[2] or "1").isdigit() else 1

    def before(self, event):
        self.left -= event == self.event
        if event == self.event and self.left == 0 and self.action == "kill-before":
            os.kill(os.getpid(), signal.SIGKILL)

    def after(self, event):
        if event != self.event or self.left != 0 or self.action == "kill-before":
            return
        while self.action == "hang-after":
            time.sleep(1000)
        if self.action in self.SIGNALS:
            os.kill(os.getpid(), self.SIGNALS[self.action])


class Events:
    """Appends events to `events.jsonl` and tells them on the descriptor that the launcher named."""

    def __init__(self, folder, attempt=None):
        self.lock = threading.RLock()
        self.folder, self.attempt = folder, attempt
        self.reader_gone = False
        self.quiet_since = time.monotonic()
        self.last_progress = {"done": 0, "total": 1, "unit": "steps"}
        self.pipe = events_descriptor()
        self.fault = Fault()
        try:
            self.file = os.open(os.path.join(folder, "events.jsonl"), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise Failure(CANNOT_WRITE, "worker.unwritable", "The request's folder cannot be written.", folder,
                          "Check that the folder exists, its permissions, and the space on the disk.", str(error)) from error

    def is_fenced(self):
        """Whether a later attempt at this work was started: this one must not write any more."""
        if self.attempt is None:
            return False
        try:
            with open(os.path.join(self.folder, "attempt"), encoding="ascii") as file:
                return int(file.read(32)) != self.attempt
        except (OSError, ValueError):
            return False

    def fence(self):
        """Raises Failure (74) where a later attempt has the folder."""
        if self.is_fenced():
            raise Failure(PEER_LOST, "engine.fenced", f"Another attempt at this work was started after attempt {self.attempt}.",
                          self.folder, "Nothing needs to be done: the later one goes on.")

    def tell(self, event, **fields):
        attempt = {} if self.attempt is None else {"attempt": self.attempt}
        line = (json.dumps({"time": time.time(), "event": event, **attempt, **fields}, allow_nan=False) + "\n").encode()
        with self.lock:
            self.fault.before(event)
            self.quiet_since = time.monotonic()
            if self.pipe is not None:
                try:
                    os.write(self.pipe, line)
                except OSError as error:
                    self.reader_gone = self.reader_gone or error.errno == errno.EPIPE
            # A full disk must not end the work: the reader of the pipe still hears it, and a checkpoint says so by 73.
            if not self.is_fenced():
                with contextlib.suppress(OSError):
                    os.write(self.file, line)
            self.fault.after(event)

    def progress(self, done, total, unit):
        self.last_progress = {"done": done, "total": total, "unit": unit}
        self.tell("progress", progress=self.last_progress)

    def speak_regularly(self, seconds=20):
        """Tells how far the work is wherever nothing else was told for so long."""
        def speak():
            while True:
                time.sleep(1)
                if time.monotonic() - self.quiet_since >= seconds:
                    self.tell("progress", progress=self.last_progress)
        threading.Thread(target=speak, daemon=True).start()

    def end(self, status, failure=None):
        if failure is not None:
            self.tell("failed", failure=failure.told)
        self.tell("ended", status=status)


def events_descriptor():
    """The descriptor that the launcher reads, or None. Only the one that it named: another 3 may be anything."""
    text = os.environ.get("FINETUNED_EVENTS_FD", "")
    if not text.isdigit() or int(text) < 3:
        return None
    try:
        fcntl.fcntl(int(text), fcntl.F_GETFD)
    except OSError:
        return None
    return int(text)


def take_folder(events, folder, seconds=60):
    """Locks the folder for this engine, waiting for another that is on its way out. Raises Failure (70)."""
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(events.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise Failure(FAULT, "worker.folder_busy", f"Another engine has been at work in this folder for {seconds} seconds.",
                              folder, "Wait until it ends, or end it with SIGTERM.") from None
            time.sleep(0.1)


def write_whole(path, data):
    """Writes bytes so that the file appears whole or not at all. Raises Failure (73)."""
    beside = f"{path}.{os.getpid()}.part"
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise Failure(CANNOT_WRITE, "worker.unwritable", "The file cannot be written.", path,
                      "Free space on that disk, or make it writable.", str(error)) from error


def digest(path):
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
