"""Bases and adapters as they lie in folders: what is loaded, how, and where its blocks and linear layers are."""
import os

import torch
from peft import PeftModel
from safetensors.torch import save_file
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, AutoModelForCausalLM
from transformers.masking_utils import eager_mask

from .contract import ARCHITECTURES, BAD_MODEL, BAD_REQUEST, Failure, digest

ROLES = ("q", "k", "v", "o", "gate", "up", "down")
NAMES = {"q_proj": "q", "k_proj": "k", "v_proj": "v", "o_proj": "o", "out_proj": "o", "gate_proj": "gate", "up_proj": "up",
         "down_proj": "down", "query_key_value": "q", "Wqkv": "q", "dense": "o", "dense_h_to_4h": "up", "dense_4h_to_h": "down",
         "fc1": "up", "fc2": "down", "c_fc": "up", "c_proj": "down", "in_proj_qkv": "q", "gate_up_proj": "gate", "fc_in": "up",
         "fc_out": "down"}
# Layers that are several in one: they are trained where all of these roles are asked for.
FUSED = {**dict.fromkeys(("query_key_value", "Wqkv", "in_proj_qkv"), ("q", "k", "v")), "gate_up_proj": ("gate", "up")}
# What a list of blocks is called.
LISTS = ("layers", "blocks", "h")


def drawn_attention(module, query, key, value, attention_mask, scaling, dropout=0.0, **_):
    """Attention whose probabilities are dropped by our own draws."""
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = query @ key.transpose(2, 3) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask[..., :key.shape[2]]
    weights = torch.softmax(scores, -1, dtype=torch.float32).to(query.dtype)
    weights = module.drawn_noise.attention(module.layer_idx, weights)
    return (weights @ value).transpose(1, 2).contiguous(), weights


AttentionInterface.register("finetuned", drawn_attention)
AttentionMaskInterface.register("finetuned", eager_mask)


def save_whole(tensors, path):
    save_file(tensors, path + ".part", metadata={"format": "pt"})
    os.replace(path + ".part", path)


def check_digest(adapter):
    whole = os.path.exists(adapter["path"] + "/config.json")
    file = adapter["path"] + ("/model.safetensors" if whole else "/adapter_model.safetensors")
    if not os.path.exists(file):
        raise Failure(BAD_MODEL, "model.missing", "The adapter's weights are absent.", file, "Restore the version's folder.")
    if adapter.get("sha256") and digest(file) != adapter["sha256"]:
        raise Failure(BAD_MODEL, "model.digest", f"The SHA-256 is not {adapter['sha256']}, which the request names.", file,
                      "The file was changed or damaged: restore the version's folder.")
    described, path = adapter.get("configuration"), adapter["path"] + "/adapter_config.json"
    if described and digest(path) != described:
        raise Failure(BAD_MODEL, "model.digest", f"The SHA-256 is not {described}, which the request names.", path,
                      "The file was changed or damaged: restore the version's folder.")


def standing(reference):
    """The folder of the weights that count, and the adapters on top of them, each looked at. Raises Failure (66)."""
    adapters = reference["adapters"]
    for adapter in adapters:
        check_digest(adapter)
    whole = [place for place, adapter in enumerate(adapters) if os.path.exists(adapter["path"] + "/config.json")]
    if whole:
        return adapters[whole[-1]]["path"], adapters[whole[-1] + 1:]
    return reference["basePath"], adapters


def fitted(make, adapter):
    try:
        return make()
    except Exception as error:
        raise Failure(BAD_MODEL, "model.unsupported", "The adapter does not fit the base.", adapter["path"],
                      "Use the base that it was trained on.", str(error)) from error


def load(folder, adapters, compute, full=False, draws=False):
    """The base with frozen adapters merged into it. Raises Failure (66)."""
    if not os.path.exists(folder + "/config.json"):
        raise Failure(BAD_MODEL, "model.unsupported", "This is no Hugging Face folder.", folder,
                      "Export the base as huggingface, and name that folder.")
    kept = {} if full or compute.get("precision", "float32") == "float32" else {"dtype": torch.bfloat16}
    if compute.get("quantise", "none") == "nf4":
        kept["quantization_config"] = nf4(full, adapters, kept.get("dtype", torch.float32))
    try:
        wanted = {"dtype": torch.float32, **({} if adapters else kept)}
        if draws:
            wanted["attn_implementation"] = "finetuned"
        base = AutoModelForCausalLM.from_pretrained(folder, **wanted)
        for adapter in adapters:
            base = PeftModel.from_pretrained(base, adapter["path"]).merge_and_unload()
    except Failure:
        raise
    except Exception as error:
        raise Failure(BAD_MODEL, "model.unsupported", "The base cannot be loaded.", folder,
                      "Check that its folder is whole and that transformers runs its architecture.", str(error)) from error
    base = base.to(kept["dtype"]) if adapters and "dtype" in kept else base
    quiet(base)
    for p in base.parameters():
        p.requires_grad = full
    return base


def quiet(base):
    """Nothing is dropped but what the recipe asks for, by our own draws: a base's configuration may have dropout of its own.

    What the configuration had is kept as `own_dropout` of the base: (where, name, value).
    """
    base.own_dropout = []
    for module in base.modules():
        for name, value in vars(module).items():
            if isinstance(value, float) and ("drop" in name or name == "p" and isinstance(module, nn.Dropout)):
                setattr(module, name, 0.0)
        config = getattr(module, "config", None)
        for name, value in list(vars(config).items()) if config is not None else ():
            if isinstance(value, float) and value and "drop" in name:
                base.own_dropout.append((config, name, value))
                setattr(config, name, 0.0)


def nf4(full, adapters, dtype):
    if full or adapters:
        what = "full fine-tuning" if full else "frozen adapters below"
        raise Failure(BAD_REQUEST, "compute.quantise", f"quantise = nf4 does not go with {what}.", "compute.quantise", "Use none.")
    try:
        import bitsandbytes  # noqa: F401
        from transformers import BitsAndBytesConfig
    except ImportError as error:
        raise Failure(BAD_REQUEST, "compute.quantise", "quantise = nf4 needs bitsandbytes, which this Python lacks.",
                      "compute.quantise", "Install bitsandbytes beside torch, or use none.") from error
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)


def decoder(base):
    """What reads text: of a model that sees or hears too, its language model alone."""
    try:
        return base.get_decoder() or base
    except (AttributeError, NotImplementedError, TypeError):
        return base


def find_layers(base):
    """The blocks that read text. Raises Failure (66) where they cannot be told."""
    for name, module in decoder(base).named_modules():
        if name.split(".")[-1] in LISTS and isinstance(module, nn.ModuleList) and len(module) and any(
                isinstance(part, nn.Linear) and inner.split(".")[-1] in NAMES for block in module for inner, part in block.named_modules()):
            return module
    raise Failure(BAD_MODEL, "model.unsupported", f"The linear layers of '{base.config.model_type}' have no roles here.",
                  "config.json, model_type", f"Use one of {', '.join(ARCHITECTURES)}, or the built-in engine.")


def linear(base, layers):
    """Names of the linear layers in the blocks, with the roles that each has: several where it is several in one."""
    prefix = next(name for name, module in base.named_modules() if module is layers)
    leaves = {name: name.split(".")[-1] for name, module in base.named_modules()
              if name.startswith(prefix + ".") and isinstance(module, nn.Linear)}
    return {name: FUSED.get(leaf, (NAMES[leaf],)) for name, leaf in leaves.items() if leaf in NAMES}
