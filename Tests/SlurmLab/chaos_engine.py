#!/usr/bin/env python3
"""An engine that learns nothing, keeps every rule, and takes some seconds: 20 steps, a checkpoint every 5. For tests of launchers."""
import hashlib
import json
import os
import signal
import sys
import time

STEPS, EVERY = 20, 5
PACE = float(os.environ.get("CHAOS_PACE", "0.15"))

if sys.argv[1:] == ["--describe"]:
    print(json.dumps({
        "protocol": 1, "tasks": ["train"], "architectures": ["llama"], "methods": ["lora"], "devices": ["none"], "versions": {"chaos": "1"},
        "recipe": ["adapterDropout", "alpha", "batchRows", "clipNorm", "dropout", "epochs", "labelSmoothing", "lastLayers", "learningRate",
                   "loraPlusRatio", "maxLength", "method", "minLearningRateRatio", "neftuneAlpha", "patience", "rank", "rsLoRA", "schedule",
                   "seed", "startDecay", "targets", "warmupRatio", "weightDecay", "preference"]}))
    sys.exit(0)

request = json.load(open(sys.argv[1]))
folder, attempt, recipe = request["directory"], request["compute"]["attempt"], request["task"]["train"]["recipe"]
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
# The ranks beside the first one are there, and leave with it.
if os.environ.get("FINETUNED_RANK", "0") != "0":
    while not asked and f'"attempt": {attempt}, "event": "ended"' not in open(folder + "/events.jsonl").read():
        time.sleep(0.2)
    sys.exit(0)


def fence():
    if int(open(folder + "/attempt").read()) != attempt:
        sys.exit(74)


def tell(event, **fields):
    fence()
    with open(folder + "/events.jsonl", "a") as file:
        file.write(json.dumps({"time": time.time(), "attempt": attempt, "event": event, **fields}) + "\n")


def whole(name, text):
    fence()
    os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
    with open(f"{folder}/{name}.{attempt}", "w") as file:
        file.write(text)
        os.fsync(file.fileno())
    os.replace(f"{folder}/{name}.{attempt}", f"{folder}/{name}")


def leave(status):
    tell("ended", status=status)
    sys.exit(status)


tell("started")
step = int(open(folder + "/checkpoint").read()) if os.path.exists(folder + "/checkpoint") else 0
while step < STEPS:
    if asked:
        whole("checkpoint", str(step))
        tell("checkpoint", checkpoint=step)
        leave(75)
    time.sleep(PACE)
    step += 1
    tell("step", step={"step": step, "steps": STEPS, "epoch": 1, "loss": 1, "gradientNorm": 1, "learningRate": 1, "tokens": 10,
                       "labelTokens": 5, "tokensPerSecond": 100, "memoryBytes": 1})
    if step % EVERY == 0:
        whole("checkpoint", str(step))
        tell("checkpoint", checkpoint=step)
weights = json.dumps({"generation": 1}) + "\n"
whole("adapter/adapter_model.safetensors", weights)
whole("adapter/adapter_config.json", json.dumps({"peft_type": "LORA", "r": recipe["rank"], "lora_alpha": recipe["alpha"],
                                                 "use_rslora": recipe.get("rsLoRA", False)}))
result = {"training": {
    "adapter": {"path": "adapter", "sha256": hashlib.sha256(weights.encode()).hexdigest()}, "steps": STEPS, "bestStep": STEPS, "finalLoss": 1,
    "seconds": 1, "tokens": 1, "labelTokens": 1, "tokensPerSecond": 1, "peakMemoryBytes": 1,
    "paused": False, "machine": "chaos"}}
whole("result.json", json.dumps(result))
tell("result", result=result)
leave(0)
