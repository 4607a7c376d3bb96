#!/usr/bin/env python3
"""Serving beside llama.cpp's server: the same file, the same number of threads, in turn.

    Benchmarks/serving/prepare.sh
    python3 Benchmarks/serving/run.py [--rounds 5] [--threads 2] [--only streams,first,prefix,...] [--worker PATH] [--server PATH]

Greedy, prompts of some 70 tokens and 64 new ones, all prompts different; an answer that ends early is counted with the tokens it has, on
both sides. Printed: medians over the rounds, and the median of the rounds' ratios. Our side is a serving worker over its socket, which is
what the daemon speaks to; theirs is HTTP with streaming.
"""
import argparse, http.client, json, os, pathlib, queue, random, signal, socket, statistics, subprocess, sys, tempfile, threading, time

from adapters import write

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Benchmarks/training"))
import bench  # noqa: E402 (its folder has just been named)

WORDS = ("ticket printer cable screen login password invoice refund parcel late broken update install slow error window account mail "
         "server backup monday letter office phone battery paper toner driver network switch").split()
NEW = 64


def prompt(seed, words=30):
    rng = random.Random(seed)
    return f"Write a short story about case {seed}: " + " ".join(rng.choice(WORDS) for _ in range(words)) + "."


class Worker:
    """A serving worker, and one connection to it that tells the answers apart."""

    name = "finetune-worker"

    def __init__(self, options, memory=1 << 30, adapters=0):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="ft-serve-")
        self.models = [{"basePath": str(options.model), "base": "bench", "baseDigest": "bench", "adapters": []}]
        if adapters:
            self.models = [dict(self.models[0], adapters=[{"path": write(f"{self.folder}/adapter-{i}", i), "sha256": ""}])
                           for i in range(adapters)]
        request = {"version": 1, "id": "serve", "directory": self.folder, "threads": options.threads, "memoryBytes": memory,
                   "task": {"task": "serve", "serve": {"models": []}}}
        pathlib.Path(self.folder, "request.json").write_text(json.dumps(request))
        self.process = subprocess.Popen([options.worker, self.folder + "/request.json"], stderr=subprocess.DEVNULL)
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(self.folder + "/serve.sock")
                break
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("the serving worker did not start")
                time.sleep(0.01)
        self.waiting, self.lock, self.next = {}, threading.Lock(), 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.socket.makefile("rb"):
            event = json.loads(line)
            now = time.perf_counter()
            with self.lock:
                waiting = self.waiting.get(event["id"])
            if waiting:
                waiting.put((now, event))

    def order(self, op, **fields):
        with self.lock:
            self.next += 1
            name = f"q-{self.next}"
            events = self.waiting[name] = queue.Queue()
        self.socket.sendall(json.dumps({"op": op, "id": name, **fields}).encode() + b"\n")
        return name, events

    def ask(self, text, new=NEW, model=0, leave_after=None):
        """(tokens, [times of the pieces], start, cached tokens)"""
        start = time.perf_counter()
        name, events = self.order("generate", model=self.models[model], question={"messages": [{"role": "user", "content": text}]},
                                  drawing={"maxNewTokens": new})
        times, tokens, cached = [], 0, 0
        while True:
            now, event = events.get()
            if event["event"] == "began":
                cached = event["began"]["cachedTokens"]
            elif event["event"] == "text":
                times.append(now)
                if leave_after and len(times) == leave_after:
                    self.socket.sendall(json.dumps({"op": "cancel", "id": name}).encode() + b"\n")
            elif event["event"] == "ended":
                tokens = event["ended"]["tokens"]
            elif event["event"] in ("done", "failed"):
                with self.lock:
                    del self.waiting[name]
                if event["event"] == "failed" and not leave_after:
                    raise RuntimeError(event["failure"])
                return tokens, times, start, cached

    def choose(self, text, answers):
        start = time.perf_counter()
        name, events = self.order("score", model=self.models[0], question={"prompt": text}, answers=answers)
        while True:
            now, event = events.get()
            if event["event"] == "failed":
                raise RuntimeError(event["failure"])
            if event["event"] == "done":
                return now - start

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Llama:
    """llama.cpp's server with as many slots as streams, continuous batching and its prompt cache on."""

    name = "llama-server"

    def __init__(self, options, streams):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [str(options.server), "-m", str(options.model), "-t", str(options.threads), "-tb", str(options.threads), "-np", str(streams),
                   "-c", str(max(4096, 512 * streams)), "-cb", "--cache-prompt", "--host", "127.0.0.1", "--port", str(self.port), "--no-webui"]
        print("llama.cpp:", " ".join(command), file=sys.stderr)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None:
                sys.exit("llama-server did not start")
            time.sleep(0.05)

    def ask(self, text, new=NEW):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        start = time.perf_counter()
        connection.request("POST", "/v1/chat/completions", json.dumps(
            {"messages": [{"role": "user", "content": text}], "max_tokens": new, "temperature": 0, "stream": True,
             "stream_options": {"include_usage": True}, "cache_prompt": True}), {"Content-Type": "application/json"})
        times, tokens = [], 0
        for line in connection.getresponse():
            if not line.startswith(b"data: {"):
                continue
            event = json.loads(line[6:])
            if event.get("usage"):
                tokens = event["usage"]["completion_tokens"]
            if event["choices"] and event["choices"][0]["delta"].get("content"):
                times.append(time.perf_counter())
        return tokens, times, start, 0

    def stop(self):
        self.process.terminate()
        self.process.wait()


def together(calls):
    """Runs calls at the same time; returns their results and the seconds of all."""
    results = [None] * len(calls)

    def run(index):
        results[index] = calls[index]()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results, time.perf_counter() - start


def rate(side, streams, seed, new=NEW, **fields):
    results, seconds = together([lambda i=i: side.ask(prompt(seed * 1000 + i), new, **({k: v(i) for k, v in fields.items()}))
                                 for i in range(streams)])
    return sum(r[0] for r in results) / seconds, results


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def first(results):
    return [r[1][0] - r[2] for r in results if r[1]]


def gaps(results):
    return [b - a for r in results for a, b in zip(r[1], r[1][1:])]


class Bench:
    def __init__(self, options):
        self.options, self.figures = options, {}

    def note(self, name, value):
        self.figures.setdefault(name, []).append(value)

    def streams(self, number):
        """New tokens a second, prompts included, and the time to the first: 1, 4, 16 streams."""
        for streams in (1, 4, 16):
            sides = {}
            order = [lambda: Worker(self.options), lambda: Llama(self.options, streams)]
            for make in order if number % 2 == 0 else order[::-1]:
                side = make()
                side.ask(prompt(1), 4)
                speeds, firsts = [], []
                for repeat in range(6 if streams == 1 else 1):
                    speed, results = rate(side, streams, seed=100 + number * 20 + repeat)
                    speeds.append(speed)
                    firsts += first(results)
                side.stop()
                sides[side.name] = statistics.mean(speeds), statistics.median(firsts), percentile(firsts, 0.95)
            ours, theirs = sides["finetune-worker"], sides["llama-server"]
            self.note(f"{streams} streams: new tokens/s", ours[0])
            self.note(f"{streams} streams: new tokens/s of llama.cpp", theirs[0])
            self.note(f"{streams} streams: ratio of new tokens/s (bars 1.1, 1.8, 2.5)", ours[0] / theirs[0])
            if streams == 1:
                self.note("time to first token, 1 stream, ms", ours[1] * 1e3)
                self.note("time to first token, 1 stream, ratio (bar 0.8)", ours[1] / theirs[1])
            if streams == 16:
                self.note("time to first token, 16 streams, 95th percentile, ms", ours[2] * 1e3)
                self.note("time to first token, 16 streams, 95th percentile, ratio (bar 0.5)", ours[2] / theirs[2])

    def prefix(self, number):
        """The time to the first token once a prefix of 500 tokens is known."""
        side = Worker(self.options)
        side.ask(prompt(1), 4)
        shared = prompt(7000 + number, 420)
        cold = first([side.ask(shared + " First question.", 2)])[0]
        warm = statistics.median(first([side.ask(shared + f" Question {i}?", 2)])[0] for i in range(5))
        side.stop()
        self.note("shared prefix of 500 tokens: time to first token, warm over cold (bar 0.25)", warm / cold)

    def adapters(self, number):
        """16 streams on four adapters against 16 on one."""
        side = Worker(self.options, adapters=4)
        for index in range(4):
            side.ask(prompt(1), 2, model=index)
        one, _ = rate(side, 16, seed=300 + number, model=lambda i: 0)
        four, _ = rate(side, 16, seed=400 + number, model=lambda i: i % 4)
        side.stop()
        self.note("16 streams on 4 adapters against 16 on one (bar 0.85)", four / one)

    def swaps(self, number):
        """50 swaps under 8 streams: a new question goes to the new version, the old one is let go while its answers are at work."""
        side = Worker(self.options, adapters=3)

        def streams(swaps):
            current, answers, results, lock = 0, 0, [], threading.Lock()

            def stream(index):
                nonlocal current, answers
                while True:
                    with lock:
                        if answers == 64:
                            return
                        answers += 1
                        if swaps and answers > 8 and swaps * (answers - 8) // 56 > swaps * (answers - 9) // 56:
                            old, current = current, (current + 1) % 3
                            side.order("unload", model=side.models[old])
                        seed, model = (900_000 if swaps else 800_000) + number * 1000 + answers, current
                    result = side.ask(prompt(seed), 32, model=model)
                    with lock:
                        results.append(result)

            together([lambda i=i: stream(i) for i in range(8)])
            return results

        for index in range(3):
            side.ask(prompt(1), 2, model=index)
        still, swapped = streams(0), streams(50)
        side.stop()
        self.note("99th percentile of the gap with 50 swaps under 8 streams, over that without (bar 2)",
                  percentile(gaps(swapped), 0.99) / percentile(gaps(still), 0.99))

    def training(self, number):
        """A run that trains beside: the time to the first token, and the run's speed while the serving worker has nothing to do."""
        rows = [{"prompt": prompt(i), "completion": "billing"} for i in range(64)]

        def train(name):
            return bench.train(rows, [], f"{self.options.scratch}/{name}-{number}", threads=self.options.threads)["tokens_per_second"]

        def first_tokens(base):
            return statistics.median(first([side.ask(prompt(base + number * 10 + i), 2)])[0] for i in range(5))

        alone = train("alone")
        side = Worker(self.options)
        side.ask(prompt(1), 4)
        quiet = first_tokens(50_000)
        beside = train("beside")
        results, _ = together([lambda: train("asked"), lambda: (time.sleep(2), first_tokens(60_000))[1]])
        side.stop()
        self.note("a run's tokens/s beside an idle serving worker, over alone (bar 0.98)", beside / alone)
        self.note("time to first token while a run trains, over that without (bar 3)", results[1] / quiet)

    def beside(self, number):
        """The gap between tokens of 8 streams while a prompt of 2,000 tokens is read."""
        side = Worker(self.options)
        side.ask(prompt(1), 4)
        _, alone = rate(side, 8, seed=500 + number)
        results, _ = together([lambda i=i: side.ask(prompt(600_000 + number * 100 + i)) for i in range(8)]
                              + [lambda: side.ask(prompt(9000 + number, 1700), 2)])
        side.stop()
        self.note("99th percentile of the gap while 2,000 tokens are read, over that without (bar 3)",
                  percentile(gaps(results[:8]), 0.99) / percentile(gaps(alone), 0.99))

    def cold(self, number):
        """The first request to a cold worker, whole."""
        start = time.perf_counter()
        side = Worker(self.options)
        side.ask(prompt(10 + number), 16)
        cold = time.perf_counter() - start
        start = time.perf_counter()
        side.ask(prompt(10_000 + number), 16)
        warm = time.perf_counter() - start
        side.stop()
        self.note("first request to a cold worker over 1.5 times a warm one and 0.5 s (bar 1)", cold / (1.5 * warm + 0.5))

    def leaving(self, number):
        """A reader who goes: how soon his place is free."""
        side = Worker(self.options)
        side.ask(prompt(1), 4)
        times = []
        for index in range(5):
            _, pieces, _, _ = side.ask(prompt(20 + number * 10 + index), 500, leave_after=5)
            end = time.perf_counter()
            times.append(end - pieces[4])
        side.stop()
        self.note("a reader gone: ms until his place is free (bar 100)", max(times) * 1e3)

    def choice(self, number):
        """Choosing among five labels against the time to the first token."""
        side = Worker(self.options)
        side.ask(prompt(1), 4)
        labels = ["billing", "hardware", "access", "delivery", "something else"]
        chosen = statistics.median(side.choose(prompt(30_000 + number * 10 + i), labels) for i in range(5))
        asked = statistics.median(first([side.ask(prompt(40_000 + number * 10 + i), 2)])[0] for i in range(5))
        side.stop()
        self.note("choice among 5 labels over the time to first token (bar 1.5)", chosen / asked)

    def busy(self, number):
        """16 streams while two other threads keep the cores busy."""
        side = Worker(self.options)
        side.ask(prompt(1), 4)
        alone, _ = rate(side, 16, seed=700 + number)
        spinners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
        try:
            busy, _ = rate(side, 16, seed=800 + number)
        finally:
            for spinner in spinners:
                spinner.kill()
                spinner.wait()
        side.stop()
        self.note("16 streams while two threads keep both cores busy, over alone (bar 0.4)", busy / alone)

    def endurance(self, number):
        """Many requests of mixed kinds, a third abandoned: memory, descriptors, threads."""
        if number:
            return
        side = Worker(self.options, memory=128 << 20)

        def state():
            status = pathlib.Path(f"/proc/{side.process.pid}/status").read_text()
            pick = lambda key: int(next(l for l in status.splitlines() if l.startswith(key)).split()[1])
            return pick("VmRSS:") / 1024, len(os.listdir(f"/proc/{side.process.pid}/fd")), pick("Threads:")

        def some(base, count):
            for start in range(base, base + count, 16):
                together([lambda i=i: side.choose(prompt(i, 8), ["yes", "no"]) if i % 5 == 0
                          else side.ask(prompt(i, 8), 6, leave_after=2 if i % 3 == 0 else None) for i in range(start, start + 16)])

        some(0, self.options.requests // 5)
        before = state()
        some(1_000_000, self.options.requests * 4 // 5)
        after = state()
        side.stop()
        for what, old, new in zip(("resident MB", "descriptors", "threads"), before, after):
            self.note(f"{self.options.requests} requests, a third abandoned: {what} at the end over those after a fifth", new / old)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--model", default=ROOT / "models/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--worker", default=ROOT / ".build/release/finetune-worker")
    parser.add_argument("--server", default=ROOT / ".build-llama-server/build/bin/llama-server")
    parser.add_argument("--only", default="streams,prefix,adapters,swaps,training,beside,cold,leaving,choice,busy,endurance")
    options = parser.parse_args()
    options.scratch = tempfile.mkdtemp(prefix="ft-serve-bench-")
    bench.WORKER = options.worker
    figures = Bench(options)
    for number in range(options.rounds):
        for name in options.only.split(","):
            getattr(figures, name)(number)
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    print(f"median (lowest to highest) of {options.rounds} rounds")
    for name, values in figures.figures.items():
        print(f"{statistics.median(values):10.3f}  ({min(values):.3f} to {max(values):.3f})  {name}")


if __name__ == "__main__":
    main()
