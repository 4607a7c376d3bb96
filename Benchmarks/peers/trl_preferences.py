"""Direct preference optimisation as a TRL user would run it: a fresh LoRA on all linear layers, one epoch, float32 on the CPU.

usage: trl_preferences.py MODEL_DIR TRAIN.jsonl RATE BATCH; rows are {"prompt", "chosen", "rejected"} as texts
"""
import json
import os
import resource
import sys
import tempfile
import time

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer

folder, train, rate, batch = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
turn = lambda role, text: [{"role": role, "content": text}]
rows = [json.loads(line) for line in open(train)]
data = Dataset.from_list([{"prompt": turn("user", r["prompt"]), "chosen": turn("assistant", r["chosen"]),
                           "rejected": turn("assistant", r["rejected"])} for r in rows])
settings = DPOConfig(
    output_dir=tempfile.mkdtemp(), per_device_train_batch_size=batch, num_train_epochs=1, learning_rate=rate, lr_scheduler_type="cosine",
    warmup_steps=max(1, len(rows) // batch // 20), logging_steps=1, save_strategy="no", max_length=512, report_to=[], use_cpu=True, bf16=False,
    gradient_checkpointing=False, disable_tqdm=True, beta=0.1)
trainer = DPOTrainer(
    model=AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), args=settings, train_dataset=data,
    processing_class=AutoTokenizer.from_pretrained(folder),
    peft_config=LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear"))
started = time.time()
trainer.train()
seconds = time.time() - started
losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
print(json.dumps({"pairs_s": len(rows) / seconds, "seconds": seconds, "first_loss": losses[0], "last_loss": losses[-1],
                  "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
