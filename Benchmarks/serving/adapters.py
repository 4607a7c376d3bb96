"""Random adapters of SmolLM2-135M in PEFT's form, for measuring what several of them cost. Their answers mean nothing."""
import json
import pathlib
import random
import struct

LAYERS, HIDDEN, KEYS, INNER, RANK = 30, 576, 192, 1536, 16
MODULES = {"self_attn.q_proj": (HIDDEN, HIDDEN), "self_attn.k_proj": (HIDDEN, KEYS), "self_attn.v_proj": (HIDDEN, KEYS),
           "self_attn.o_proj": (HIDDEN, HIDDEN), "mlp.gate_proj": (HIDDEN, INNER), "mlp.up_proj": (HIDDEN, INNER),
           "mlp.down_proj": (INNER, HIDDEN)}


def numbers(rng, count, top):
    """`count` bfloat16 numbers of random signs, all of one power of two: `top` is the byte of sign and exponent."""
    data = bytearray(rng.randbytes(2 * count))
    for index in range(1, len(data), 2):
        data[index] = top | (data[index] & 0x80)
    return bytes(data)


def write(folder, seed):
    """Writes an adapter of rank 16 on every projection into `folder`, whose path it returns."""
    rng, folder = random.Random(seed), pathlib.Path(folder)
    folder.mkdir(parents=True)
    header, parts, offset = {}, [], 0
    for layer in range(LAYERS):
        for module, (inner, outer) in MODULES.items():
            name = f"base_model.model.model.layers.{layer}.{module}.lora_"
            for factor, shape, top in ("A", [RANK, inner], 0x3C), ("B", [outer, RANK], 0x3B):
                data = numbers(rng, shape[0] * shape[1], top)
                header[f"{name}{factor}.weight"] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + len(data)]}
                parts.append(data)
                offset += len(data)
    text = json.dumps(header).encode()
    folder.joinpath("adapter_model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
    folder.joinpath("adapter_config.json").write_text(json.dumps(
        {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "SmolLM2-135M", "r": RANK, "lora_alpha": 2 * RANK,
         "target_modules": sorted(name.split(".")[1] for name in MODULES), "bias": "none", "lora_dropout": 0.0}))
    return str(folder)
