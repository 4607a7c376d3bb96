#!/usr/bin/env python3
"""Does the PyTorch engine do on this machine's GPU what it does on a CPU, and how fast?

    check.py DIR                         python3 with torch, transformers, peft and accelerate; bitsandbytes for NF4
    check.py DIR --small --device cpu    the same on tiny shapes, without the bars of speed: what the tests run

No network, no stored weights (random ones of real shapes), no Swift: rows are made as tokens on the spot. Prints one JSON object, and leaves
by 1 where a bar is missed. On one H200 it is to take less than five minutes.
"""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "Engines" / "torch"), "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
# layers, width, heads, heads of keys, hidden, vocabulary
SHAPES = {"parity": (4, 256, 8, 2, 704, 2048), "1.2b": (16, 2048, 32, 8, 8192, 32000), "8b": (32, 4096, 32, 8, 14336, 128256)}
SMALL = {"parity": (2, 64, 4, 2, 128, 512), "1.2b": (2, 128, 4, 2, 256, 512), "8b": (2, 128, 4, 2, 256, 512)}
# What a device may take that memory is to run out on, and one that eight billion weights in NF4 are to fit into.
TIGHT, TWELVE = 0.4e9, 12 * 2 ** 30
RECIPE = {
    "method": "lora", "rank": 16, "alpha": 32.0, "rsLoRA": False, "targets": ["q", "k", "v", "o", "gate", "up", "down"], "adapterDropout": 0.0,
    "dropout": 0.0, "loraPlusRatio": 1.0, "learningRate": 1e-3, "schedule": "cosine", "warmupRatio": 0.1, "minLearningRateRatio": 0.1,
    "epochs": 1.0, "batchRows": 8, "maxLength": 4096, "weightDecay": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "clipNorm": 1.0,
    "labelSmoothing": 0.0, "neftuneAlpha": 0.0, "startDecay": 0.0, "evaluateEverySteps": 0, "checkpointEverySteps": 100, "seed": 17}


class Work:
    """One run of the engine in a folder of its own."""

    def __init__(self, folder, base, tokens, device, precision="float32", quantise="none", environment=(), **recipe):
        self.folder, self.environment = folder, {**ENVIRONMENT, **dict(environment)}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        model = {"basePath": str(base), "base": "check", "baseDigest": "", "adapters": []}
        task = {"model": model, "train": [], "validation": [], "tokens": {"train": tokens}, "recipe": {**RECIPE, **recipe}}
        compute = {"engine": "check", "ranks": 1, "device": device, "precision": precision, "quantise": quantise}
        (folder / "request.json").write_text(json.dumps({
            "version": 1, "id": folder.name, "directory": str(folder), "compute": compute, "task": {"task": "train", "train": task}}))

    def start(self):
        log = open(self.folder / "log", "ab")
        return subprocess.Popen([sys.executable, "-m", "finetuned_torch", str(self.folder / "request.json")], env=self.environment, stdout=log,
                                stderr=log)

    def run(self):
        status = self.start().wait()
        if status:
            raise RuntimeError(f"{self.folder.name} left by {status}: {(self.folder / 'log').read_text()[-600:]}")
        return self

    @property
    def events(self):
        path = self.folder / "events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def steps(self):
        return {event["step"]["step"]: event["step"] for event in self.events if event["event"] == "step"}

    @property
    def rate(self):
        """Tokens a second over the later steps: the first ones warm the device up."""
        told = [(event["time"], event["step"]["tokens"]) for event in self.events if event["event"] == "step"]
        times = [(tokens, later - earlier) for (earlier, _), (later, tokens) in zip(told[1:], told[2:])]
        return statistics.median(tokens / seconds for tokens, seconds in times)

    @property
    def peak(self):
        return max(step["memoryBytes"] for step in self.steps.values())


def worst(left, right):
    if not left or left.keys() != right.keys():
        return float("inf")
    return max(abs(left[step]["loss"] - right[step]["loss"]) for step in left)


class Check:
    def __init__(self, folder, device, small):
        import torch
        self.torch, self.folder, self.device, self.small = torch, folder, device, small
        self.cuda, self.shapes = device == "cuda", SMALL if small else SHAPES
        self.report = {"torch": torch.__version__, "device": torch.cuda.get_device_name() if self.cuda else "cpu"}
        self.missed = []

    def bar(self, name, value, is_met):
        self.report[name] = value
        if not is_met:
            self.missed.append(name)

    def base(self, name, dtype):
        """A random Llama of a shape; returns its folder and how many parameters it has."""
        from transformers import LlamaConfig, LlamaForCausalLM
        layers, width, heads, keys, hidden, vocabulary = self.shapes[name]
        self.torch.manual_seed(7)
        with self.torch.device(self.device):
            model = LlamaForCausalLM(LlamaConfig(
                vocab_size=vocabulary, hidden_size=width, intermediate_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                num_key_value_heads=keys, max_position_embeddings=4096, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2)).to(dtype)
        count = sum(p.numel() for p in model.parameters())
        folder = self.folder / f"base-{name}"
        model.save_pretrained(folder)
        del model
        if self.cuda:
            self.torch.cuda.empty_cache()
        return folder, count

    def tokens(self, name, rows, longest):
        """A token file of random rows whose second halves are labels, and the rows."""
        from safetensors.torch import save_file
        torch, generator = self.torch, self.torch.Generator().manual_seed(11)
        ids, weights, edges, kept = [], [], [0], []
        for _ in range(rows):
            length = int(torch.randint(longest // 2, longest + 1, (1,), generator=generator))
            row = torch.randint(3, self.shapes[name][5], (length,), generator=generator)
            kept.append(row)
            ids.append(row)
            weights.append((torch.arange(length) >= length // 2).float())
            edges.append(edges[-1] + length)
        path = self.folder / f"tokens-{name}.safetensors"
        save_file({"ids": torch.cat(ids).int(), "weights": torch.cat(weights), "rows": torch.tensor(edges)}, str(path))
        return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}, kept

    # The same numbers

    def numbers(self):
        base, _ = self.base("parity", self.torch.float32)
        tokens, _ = self.tokens("parity", 48, 96)
        reference = Work(self.folder / "reference", base, tokens, "cpu").run()
        exact = Work(self.folder / "float32", base, tokens, self.device).run()
        half = Work(self.folder / "bfloat16", base, tokens, self.device, "bfloat16").run()
        for name, work, limit in (("float32", exact, 1e-3), ("bfloat16", half, 2e-2)):
            difference = worst(reference.steps, work.steps)
            self.bar(f"{name}_worst_loss_difference", difference, difference <= limit)
        self.stop(base, tokens)
        self.memory(base)

    def stop(self, base, tokens):
        long = {"epochs": 200.0}
        work = Work(self.folder / "stopped", base, tokens, self.device, **long)
        process = work.start()
        while process.poll() is None and len(work.steps) < 2:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        self.bar("stopped_status", process.wait(), process.returncode == 75)
        done = [event["checkpoint"] for event in work.events if event["event"] == "checkpoint"][-1]
        for name in ("stopped", "whole"):
            folder = self.folder / name
            if name == "whole":
                Work(folder, base, tokens, self.device, **long)
            request = json.loads((folder / "request.json").read_text())
            request["task"]["train"]["pauseAtStep"] = done + 3
            (folder / "request.json").write_text(json.dumps(request))
        whole = Work.__new__(Work)
        whole.folder, whole.environment = self.folder / "whole", ENVIRONMENT
        difference = worst(whole.run().steps, work.run().steps)
        self.bar("resumed_worst_loss_difference", difference, difference <= (1e-4 if self.cuda else 1e-5))

    def share(self, bytes):
        """What of the device's memory so many bytes are."""
        return str(bytes / self.torch.cuda.get_device_properties(0).total_memory)

    def memory(self, base):
        """Memory of the device that runs out makes micro-batches smaller and changes no number: a step needs more than a gigabyte, a row an
        eighth of one."""
        if not self.cuda:
            self.report["out_of_memory"] = "skipped: no CUDA device"
            return
        tokens, _ = self.tokens("parity", 48, 1024)
        whole = Work(self.folder / "room", base, tokens, self.device, batchRows=16).run()
        forced = Work(self.folder / "memory", base, tokens, self.device, batchRows=16, environment={
            "FINETUNED_TORCH_MICRO_TOKENS": "65536", "FINETUNED_TORCH_MEMORY_SHARE": self.share(TIGHT)}).run()
        warned = [event for event in forced.events if event["event"] == "warning" and event["warning"]["code"] == "worker.memory"]
        difference = worst(whole.steps, forced.steps)
        self.bar("out_of_memory", {"halvings": len(warned), "worst_loss_difference": difference}, bool(warned) and difference <= 1e-3)

    # Speed

    def products(self):
        """Floating point operations a second of one large product."""
        size, torch = (8192, self.torch) if self.cuda else (512, self.torch)
        a = torch.randn(size, size, device=self.device, dtype=torch.bfloat16 if self.cuda else torch.float32)
        b, times = torch.randn_like(a), []
        for _ in range(8):
            self.wait()
            started = time.perf_counter()
            for _ in range(10):
                a @ b
            self.wait()
            times.append(time.perf_counter() - started)
        return 20 * size ** 3 / statistics.median(times)

    def wait(self):
        if self.cuda:
            self.torch.cuda.synchronize()

    def speed(self):
        self.report["product_flops"] = product = self.products()
        for name in [name for name in self.shapes if name != "parity"]:
            base, count = self.base(name, self.torch.bfloat16)
            tokens, rows = self.tokens(name, *((128, 1024) if self.cuda else (24, 64)))
            work = Work(self.folder / f"speed-{name}", base, tokens, self.device, "bfloat16", batchRows=16 if self.cuda else 8).run()
            # 4 operations a parameter and token: the frozen base has no gradient of its weights.
            share = work.rate * 4 * count / product
            told = {"tokens_per_second": round(work.rate), "share_of_products": round(share, 3), "peak_gib": round(work.peak / 2 ** 30, 2)}
            if name == "1.2b":
                trainer = self.trainer(base, rows, 16 if self.cuda else 8)
                told["trainer_tokens_per_second"] = "skipped: no accelerate" if trainer is None else round(trainer)
                told["times_trainer"] = "skipped: no accelerate" if trainer is None else round(work.rate / trainer, 2)
            times = told.get("times_trainer")
            ok = self.small or (share >= 0.40 and (not isinstance(times, float) or times >= 1.5))
            self.bar(name, told, ok)
            if name == "8b":
                self.nf4(base, tokens)
            shutil.rmtree(base)

    def nf4(self, base, tokens):
        try:
            import bitsandbytes  # noqa: F401
        except ImportError:
            self.report["8b_nf4"] = "skipped: no bitsandbytes"
            return
        # On a device of twelve gigabytes: the engine itself finds micro-batches that fit.
        given = {"FINETUNED_TORCH_MEMORY_SHARE": self.share(TWELVE)} if self.cuda else {}
        work = Work(self.folder / "nf4", base, tokens, self.device, "bfloat16", "nf4", environment=given, batchRows=16 if self.cuda else 4,
                    epochs=0.5 if self.cuda else 1.0).run()
        self.bar("8b_nf4", {"peak_gib": round(work.peak / 2 ** 30, 2), "tokens_per_second": round(work.rate)},
                 self.small or work.peak <= TWELVE)

    def trainer(self, base, rows, batch):
        """Tokens a second of transformers' Trainer with PEFT on the same rows, as its documentation sets it up."""
        try:
            import accelerate  # noqa: F401
        except ImportError:
            return None
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM, Trainer, TrainerCallback, TrainingArguments
        torch, times = self.torch, []
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16).to(self.device)
        model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules=[
            "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]))
        data = [{"input_ids": row, "labels": torch.where(torch.arange(len(row)) >= len(row) // 2, row, -100)} for row in rows]

        def collate(items):
            longest = max(len(item["input_ids"]) for item in items)
            pad = lambda key, value: torch.stack([torch.nn.functional.pad(item[key], (0, longest - len(item[key])), value=value) for item in items])
            mask = torch.stack([(torch.arange(longest) < len(item["input_ids"])).long() for item in items])
            return {"input_ids": pad("input_ids", 0), "labels": pad("labels", -100), "attention_mask": mask}

        class Clock(TrainerCallback):
            def on_step_end(self, *_, **__):
                times.append(time.perf_counter())

        Trainer(model=model, train_dataset=data, data_collator=collate, callbacks=[Clock()], args=TrainingArguments(
            output_dir=str(self.folder / "trainer"), per_device_train_batch_size=batch, num_train_epochs=1, learning_rate=1e-3, bf16=self.cuda,
            logging_strategy="no", save_strategy="no", report_to=[], use_cpu=not self.cuda, disable_tqdm=True)).train()
        del model
        if self.cuda:
            torch.cuda.empty_cache()
        mean = sum(len(row) for row in rows) / len(rows) * batch
        return mean / statistics.median(later - earlier for earlier, later in zip(times[1:], times[2:]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    started, check = time.monotonic(), Check(options.folder.resolve(), options.device, options.small)
    check.numbers()
    check.speed()
    check.report.update(seconds=round(time.monotonic() - started, 1), missed=check.missed)
    print(json.dumps(check.report, indent=1))
    return 1 if check.missed else 0


if __name__ == "__main__":
    sys.exit(main())
