"""A Llama of random weights with a tokenizer of single bytes, as the files of a Hugging Face folder; needs no torch."""
import json
import random
import struct

END = "<|end|>"


def spellings():
    """The character of each byte, as byte-level tokenizers spell it."""
    following, out = 256, []
    for byte in range(256):
        itself = 33 <= byte <= 126 or 161 <= byte <= 172 or 174 <= byte <= 255
        out.append(chr(byte if itself else following))
        following += not itself
    return out


def config(width, hidden, layers, **more):
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": width, "intermediate_size": hidden,
        "num_hidden_layers": layers, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": width // 2,
        "vocab_size": 257, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "hidden_act": "silu", "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False,
        "eos_token_id": 256, "torch_dtype": "float32", **more,
    }


def shapes(width, hidden, layers):
    yield "model.embed_tokens.weight", (257, width)
    for layer in range(layers):
        block = f"model.layers.{layer}."
        yield block + "input_layernorm.weight", (width,)
        yield block + "post_attention_layernorm.weight", (width,)
        for name, shape in {
            "self_attn.q_proj": (width, width), "self_attn.k_proj": (width // 2, width),
            "self_attn.v_proj": (width // 2, width), "self_attn.o_proj": (width, width),
            "mlp.gate_proj": (hidden, width), "mlp.up_proj": (hidden, width), "mlp.down_proj": (width, hidden),
        }.items():
            yield f"{block}{name}.weight", shape
    yield "model.norm.weight", (width,)


def safetensors(tensors, write):
    """Writes the tensors (name and shape) with small random numbers, piece by piece."""
    header, offset = {}, 0
    for name, shape in tensors:
        size = 4
        for dimension in shape:
            size *= dimension
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    write(struct.pack("<Q", len(text)) + text)
    chance = random.Random(7)
    block = struct.pack("<65536f", *(chance.uniform(-0.05, 0.05) for _ in range(65536)))
    while offset > 0:
        write(block[:offset])
        offset -= len(block[:offset])


def tokenizer():
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    vocabulary = {character: byte for byte, character in enumerate(spellings())} | {END: 256}
    added = {"id": 256, "content": END, "special": True, "normalized": False, "single_word": False, "lstrip": False,
             "rstrip": False}
    return {
        "version": "1.0", "pre_tokenizer": level, "decoder": level, "added_tokens": [added],
        "model": {"type": "BPE", "vocab": vocabulary, "merges": [], "byte_fallback": False, "fuse_unk": False},
    }


def texts(width=16, hidden=32, layers=1, **more):
    """The small files, as bytes by name."""
    return {
        "config.json": json.dumps(config(width, hidden, layers, **more)).encode(),
        "tokenizer.json": json.dumps(tokenizer()).encode(),
        "tokenizer_config.json": json.dumps({"eos_token": END, "pad_token": END}).encode(),
        "README.md": b"---\nlicense: apache-2.0\n---\n\n# Tiny\n",
    }


def files(width=16, hidden=32, layers=1, shards=1, **more):
    """All files, as bytes by name."""
    out = texts(width, hidden, layers, **more)
    tensors = list(shapes(width, hidden, layers))
    weights = {}
    for shard in range(shards):
        name = "model.safetensors" if shards == 1 else f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        pieces = []
        safetensors(tensors[shard::shards], pieces.append)
        out[name] = b"".join(pieces)
        weights |= {tensor: name for tensor, _ in tensors[shard::shards]}
    if shards > 1:
        index = {"metadata": {"total_size": 0}, "weight_map": weights}
        out["model.safetensors.index.json"] = json.dumps(index).encode()
    return out
