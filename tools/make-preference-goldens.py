#!/usr/bin/env python3
"""Remakes Tests/Fixtures/goldens/{smollm2-dpo-continued,tiny-dpo}.json: what TRL computes of preference pairs, in float32.

    pip install torch==2.13.0 transformers==5.23.0 peft==0.21.2 trl==1.16.0 datasets
    tools/make-preference-goldens.py SMOLLM2_HF_FOLDER Tests/Fixtures/goldens/smollm2-dpo.json Tests/Fixtures [tiny]

The folder is SmolLM2-135M-Instruct in Hugging Face's form (Benchmarks/peers/gguf_to_hf.py makes it from the GGUF). The pairs of the
first golden, whose start is a fresh adapter, are taken again from a trained adapter: both factors are given by formulas, so that no
weights are kept. The tiny model is Tests/Fixtures/families/llama on random token ids, once from each start. Every file has six steps
of four pairs, and of the first four pairs afterwards each loss and the norm of its gradient. With `tiny` the tiny model's file alone is made.
"""
import json
import os
import pathlib
import random
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import peft
import torch
import transformers
import trl
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import DPOConfig, DPOTrainer

TARGETS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
A_INIT = "A[i,j]=0.05*cos(7.3*i+1.7*j+0.9*k+0.31*layer), k=index in targets, float64 then rounded to float32"
B_INIT = {"fresh": "B=0", "trained": "B[i,j]=size*sin(2.9*i+5.3*j+0.7*k+0.17*layer), float64 then rounded to float32"}
LOSSES = [("sigmoid", 0), ("hinge", 0), ("ipo", 0), ("sigmoid_norm", 0), ("robust", 0.1)]


class Prepared(DPOTrainer):
    """Takes token ids as they are."""

    def _prepare_dataset(self, dataset, *rest, **named):
        return dataset


class Norms(TrainerCallback):
    """Collects what every step logs."""

    def __init__(self):
        self.steps = []

    def on_log(self, args, state, control, logs=None, **rest):
        if logs and "loss" in logs:
            keys = ["loss", "grad_norm", "rewards/chosen", "rewards/rejected", "rewards/margins", "logps/chosen", "logps/rejected"]
            self.steps.append({key: float(logs[key]) for key in keys if key in logs})


def initialise(model, start, size):
    for name, parameter in model.named_parameters():
        if "lora_" not in name or ".ref." in name:
            continue
        layer = int(name.split(".layers.")[1].split(".")[0])
        k = next(i for i, target in enumerate(TARGETS) if target in name)
        i = torch.arange(parameter.shape[0], dtype=torch.float64)[:, None]
        j = torch.arange(parameter.shape[1], dtype=torch.float64)[None, :]
        if "lora_A" in name:
            parameter.data = (0.05 * torch.cos(7.3 * i + 1.7 * j + 0.9 * k + 0.31 * layer)).float()
        elif start == "trained":
            parameter.data = (size * torch.sin(2.9 * i + 5.3 * j + 0.7 * k + 0.17 * layer)).float()
        else:
            parameter.data.zero_()


def lora_weights(model, factor):
    return {n: p for n, p in model.named_parameters() if f"lora_{factor}.default" in n}


def golden(folder, tokenizer, rows, start, size, rate):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules=[t.split(".")[1] for t in TARGETS]))
    initialise(model, start, size)
    log = Norms()
    settings = DPOConfig(
        output_dir=tempfile.mkdtemp(), per_device_train_batch_size=4, max_steps=6, learning_rate=rate, lr_scheduler_type="constant",
        logging_steps=1, report_to=[], save_strategy="no", max_length=None, beta=0.1, weight_decay=0.01, max_grad_norm=1.0,
        gradient_checkpointing=False, bf16=False, use_cpu=True, disable_tqdm=True, adam_epsilon=1e-8)
    trainer = Prepared(model=model, args=settings, train_dataset=Dataset.from_list(rows), processing_class=tokenizer, callbacks=[log])
    trainer._get_train_sampler = lambda *rest: torch.utils.data.SequentialSampler(trainer.train_dataset)
    model = trainer.model
    with torch.no_grad():
        before = [logps(model, row) for row in rows[:4]]
    trainer.train()
    model.train()
    first = rows[:4]
    losses = {}
    for name, smoothing in LOSSES:
        trainer.loss_types, trainer.loss_weights, trainer.label_smoothing = [name], [1.0], smoothing
        key = f"{name}({smoothing})" if smoothing else name
        each = [trainer._compute_loss(model, trainer.data_collator([row]), False).item() for row in first]
        model.zero_grad()
        trainer._compute_loss(model, trainer.data_collator(first), False).backward()
        norm = sum(p.grad.double().pow(2).sum() for p in [*lora_weights(model, "A").values(), *lora_weights(model, "B").values()]).sqrt()
        losses[key] = {"each": each, "grad_norm": norm.item()}
    trainer.loss_types, trainer.loss_weights, trainer.label_smoothing = ["sigmoid", "sft"], [1.0, 0.5], 0
    model.zero_grad()
    loss = trainer._compute_loss(model, trainer.data_collator(first), False)
    loss.backward()
    norm = sum(p.grad.double().pow(2).sum() for p in [*lora_weights(model, "A").values(), *lora_weights(model, "B").values()]).sqrt()
    with torch.no_grad():
        after = [logps(model, row) for row in first]
    return {
        "start": start, "B_init": B_INIT[start], "B_size": size, "lr": rate, "steps": log.steps, "before": before, "after": after,
        "losses_after": losses, "sigmoid_and_half_sft": {"loss": loss.item(), "grad_norm": norm.item()},
        "B_norms": {n.replace("base_model.model.", "").replace(".default", ""): round(p.norm().item(), 7)
                    for n, p in lora_weights(model, "B").items()},
    }


def logps(model, row):
    """The summed log-probability of both answers."""
    sums = {}
    for answer in ("chosen", "rejected"):
        ids = torch.tensor([row["prompt_ids"] + row[answer + "_ids"]])
        logits = torch.log_softmax(model(input_ids=ids).logits[0, :-1].float(), -1)
        each = logits.gather(1, ids[0, 1:, None])[:, 0]
        sums[answer] = each[len(row["prompt_ids"]) - 1:].sum().item()
    return sums


def write(path, content):
    content = {
        "made_with": {m.__name__: m.__version__ for m in (torch, transformers, peft, trl)}, "beta": 0.1, "batch_pairs": 4,
        "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01, "clip": 1.0, "schedule": "constant",
        "lora": {"r": 8, "alpha": 16, "targets": TARGETS, "A_init": A_INIT}, **content}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n")


def main():
    folder, fresh, out = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text()), pathlib.Path(sys.argv[3])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    draw = random.Random(26)
    rows = []
    for _ in range(24):
        prompt, common = [1] + [draw.randrange(3, 67) for _ in range(draw.randrange(12, 30))], [draw.randrange(3, 67) for _ in range(3)]
        rows.append({"prompt_ids": prompt, "chosen_ids": common + [draw.randrange(3, 67) for _ in range(draw.randrange(1, 7))] + [2],
                     "rejected_ids": common + [draw.randrange(3, 67) for _ in range(draw.randrange(1, 9))] + [2]})
    write(out / "goldens/tiny-dpo.json", {"rows": rows, "runs": [
        golden(out / "families/llama", tokenizer, rows, start, 0.02, 1e-2) for start in ("fresh", "trained")]})
    if sys.argv[4:] == ["tiny"]:
        return
    rows = []
    for row in fresh["rows"]:
        prompt = tokenizer.apply_chat_template([{"role": "user", "content": row["prompt"]}], tokenize=False, add_generation_prompt=True)
        encode = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
        rows.append({"prompt_ids": encode(prompt)} | {
            answer + "_ids": encode(prompt + row[answer] + "<|im_end|>\n")[len(encode(prompt)):] for answer in ("chosen", "rejected")})
    write(out / "goldens/smollm2-dpo-continued.json", {"rows": fresh["rows"], "runs": [golden(folder, tokenizer, rows, "trained", 0.002, 1e-4)]})


main()
