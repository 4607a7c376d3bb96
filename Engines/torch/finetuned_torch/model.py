"""The base with what is trained on it, found by the roles of its linear layers."""
import json
import os

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, AutoModelForCausalLM
from transformers.masking_utils import eager_mask

from .contract import BAD_MODEL, BAD_REQUEST, Failure, digest, write_whole
from .noise import DrawnDropout
from .order import uniform

ROLES = ("q", "k", "v", "o", "gate", "up", "down")
NAMES = {"q_proj": "q", "k_proj": "k", "v_proj": "v", "o_proj": "o", "out_proj": "o", "gate_proj": "gate", "up_proj": "up",
         "down_proj": "down"}
# What a base is to have beside its type: GGUF's name of the architecture, by transformers' model_type.
ARCHITECTURES = {"llama": "llama", "mistral": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "gemma3_text": "gemma3", "smollm3": "smollm3",
                 "granite": "granite", "olmo2": "olmo2", "gemma2": "gemma2"}


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


class Tuned:
    """The model that is computed (`model`), and what is trained: `parameters`, names to tensors in the order of places."""

    def __init__(self, task, compute, noise, device):
        self.task, self.recipe, self.noise = task, task["recipe"], noise
        reference = task["model"]
        folder = reference["basePath"]
        whole = [i for i, a in enumerate(reference["adapters"]) if os.path.exists(a["path"] + "/config.json")]
        frozen = reference["adapters"]
        start = task.get("startAdapter")
        for adapter in frozen + ([start] if start else []):
            check_digest(adapter)
        if whole:
            folder, frozen = frozen[whole[-1]]["path"], frozen[whole[-1] + 1:]
        full = self.recipe["method"] == "full"
        if full and start and os.path.exists(start["path"] + "/config.json"):
            folder, start, frozen = start["path"], None, []
        self.base = load(folder, frozen + ([start] if full and start else []), compute, noise.recipe["dropout"] > 0, full)
        self.layers = find_layers(self.base)
        self.model = self.base if full else self.adapted(start, reference["base"])
        self.model.to(device).train()
        if full:
            self.choose_weights()
        named = [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
        self.parameters = dict(sorted(named, key=lambda item: self.place(item[0]))) if not full else dict(named)
        self.hook()

    def adapted(self, start, base):
        """The base with a fresh adapter, or with the one that training goes on from."""
        if start:
            model = PeftModel.from_pretrained(self.base, start["path"], is_trainable=True)
        else:
            last = self.recipe.get("lastLayers") or len(self.layers)
            first = max(0, len(self.layers) - last)
            modules = {name: role for name, role in self.linear().items()
                       if role in self.recipe["targets"] and self.layer(name) >= first}
            missing = [role for role in self.recipe["targets"] if role not in modules.values() and role != "gate"]
            if missing:
                raise Failure(BAD_REQUEST, "recipe.targets", f"This base has no linear layer of the role {', '.join(missing)}.",
                              "recipe.targets", "Leave it out, or use the built-in engine.")
            config = LoraConfig(r=self.recipe["rank"], lora_alpha=self.recipe["alpha"], use_rslora=self.recipe["rsLoRA"],
                                target_modules=list(modules), lora_dropout=0.0, bias="none", init_lora_weights=False)
            model = get_peft_model(self.base, config)
        for name, module in model.named_modules():
            if hasattr(module, "lora_A") and hasattr(module, "lora_dropout"):
                stream = self.layer(name) * 16 + ROLES.index(NAMES[name.split(".")[-1]])
                module.lora_dropout["default"] = DrawnDropout(self.noise, stream)
        self.base_name = base
        if not start:
            self.begin(model)
        return model

    def begin(self, model):
        """A uniform in ± 1/√in, drawn as [in × rank] from a stream for each place; B zero."""
        named = [(name, p) for name, p in model.named_parameters() if ".lora_A." in name]
        for index, (_, a) in enumerate(sorted(named, key=lambda item: self.place(item[0]))):
            rank, inner = a.shape
            drawn = uniform(self.recipe["seed"], index, rank * inner).reshape(inner, rank).T
            bound = torch.tensor(1.0) / torch.tensor(float(inner)).sqrt()
            a.data.copy_((2 * drawn - 1) * bound)
        for name, b in model.named_parameters():
            if ".lora_B." in name:
                b.data.zero_()

    def choose_weights(self):
        """Full fine-tuning trains every weight, or the last blocks with the last norm and a head of its own."""
        last = self.recipe.get("lastLayers") or len(self.layers)
        first = max(0, len(self.layers) - last)
        tied = self.base.config.get_text_config().tie_word_embeddings
        for name, p in self.base.named_parameters():
            layer = self.layer(name)
            outside = layer is None and ("embed" in name or "lm_head" in name and tied)
            p.requires_grad = first == 0 or (layer is not None and layer >= first) or (layer is None and not outside)

    def linear(self):
        """Names of the linear layers in the blocks, with their roles."""
        prefix = next(name for name, module in self.base.named_modules() if module is self.layers)
        return {name: NAMES[name.split(".")[-1]] for name, module in self.base.named_modules()
                if name.startswith(prefix + ".") and isinstance(module, nn.Linear) and name.split(".")[-1] in NAMES}

    @staticmethod
    def layer(name):
        parts = name.split(".")
        return next((int(b) for a, b in zip(parts, parts[1:]) if a == "layers" and b.isdigit()), None)

    def place(self, name):
        """Sorts as the Swift adapter does: by layer, then by role, A before B."""
        role = next((ROLES.index(NAMES[part]) for part in name.split(".") if part in NAMES), 99)
        return (self.layer(name) if self.layer(name) is not None else 1 << 30, role, ".lora_B." in name)

    def hook(self):
        """Draws for embeddings, attention and residual branches, where the recipe has them."""
        if not self.noise.used:
            return
        self.base.get_input_embeddings().register_forward_hook(lambda m, i, out: self.noise.shaken(out))
        rate = self.recipe["dropout"]
        for index, layer in enumerate(self.layers):
            layer.self_attn.drawn_noise = self.noise
            normed = hasattr(layer, "post_feedforward_layernorm")
            sites = (layer.post_attention_layernorm, layer.post_feedforward_layernorm) if normed else (layer.self_attn, layer.mlp)
            for site, stream in zip(sites, (index * 16 + 8, index * 16 + 9)):
                def drop(module, inputs, out, stream=stream):
                    if isinstance(out, tuple):
                        return (self.noise.dropped(out[0], stream, rate), *out[1:])
                    return self.noise.dropped(out, stream, rate)
                site.register_forward_hook(drop)

    def losses(self, ids, sites, targets, smoothing=0.0):
        """-ln p of each target from the hidden states at `sites` (row, position), and which are the likeliest."""
        rows, positions = sites
        head = self.base.get_output_embeddings()
        handle = head.register_forward_pre_hook(lambda m, i: (i[0][rows, positions],))
        try:
            logits = self.model(input_ids=ids, use_cache=False).logits.float()
        finally:
            handle.remove()
        normaliser = torch.logsumexp(logits, -1)
        loss = normaliser - logits.gather(1, targets[:, None])[:, 0]
        if smoothing > 0:
            loss = (1 - smoothing) * loss + smoothing * (normaliser - logits.mean(-1))
        return loss, logits.argmax(-1) == targets

    def write(self, folder, values):
        """Writes what was trained, by these tensors, as PEFT or transformers do; returns the relative path and digest."""
        path = os.path.join(folder, "adapter")
        os.makedirs(path, exist_ok=True)
        if self.recipe["method"] == "full":
            state = {name: values.get(name, p.detach()).cpu().contiguous() for name, p in self.base.named_parameters()}
            save_whole(state, path + "/model.safetensors")
            self.base.config.save_pretrained(path)
            return {"path": "adapter", "sha256": digest(path + "/model.safetensors")}
        short = {name.replace(".default.weight", ".weight"): value.cpu().contiguous() for name, value in values.items()}
        save_whole(short, path + "/adapter_model.safetensors")
        config = next(iter(self.model.peft_config.values())).to_dict()
        modules = sorted({name.split(".")[-3] for name in short})
        layers = sorted({self.layer(name) for name in short})
        config.update(base_model_name_or_path=self.base_name, target_modules=modules, inference_mode=True,
                      layers_to_transform=layers if len(layers) < len(self.layers) else None)
        text = json.dumps(config, indent=1, sort_keys=True, default=lambda v: sorted(v) if isinstance(v, set) else str(v))
        write_whole(path + "/adapter_config.json", text.encode())
        return {"path": "adapter", "sha256": digest(path + "/adapter_model.safetensors")}


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


def load(folder, adapters, compute, draws, full):
    """The base with frozen adapters merged into it. Raises Failure (66)."""
    if not os.path.exists(folder + "/config.json"):
        raise Failure(BAD_MODEL, "model.unsupported", "This is no Hugging Face folder.", folder,
                      "Export the base as huggingface, and name that folder.")
    kept = {} if full or compute.get("precision", "float32") == "float32" else {"dtype": torch.bfloat16}
    if compute.get("quantise", "none") == "nf4":
        kept["quantization_config"] = nf4(full, adapters, kept.get("dtype", torch.float32))
    try:
        wanted = {"dtype": torch.float32, **({} if adapters else kept)}
        base = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="finetuned" if draws else "sdpa", **wanted)
        for adapter in adapters:
            base = PeftModel.from_pretrained(base, adapter["path"]).merge_and_unload()
    except Failure:
        raise
    except Exception as error:
        raise Failure(BAD_MODEL, "model.unsupported", "The base cannot be loaded.", folder,
                      "Check that its folder is whole and that transformers runs its architecture.", str(error)) from error
    base = base.to(kept["dtype"]) if adapters and "dtype" in kept else base
    for p in base.parameters():
        p.requires_grad = full
    return base


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


def find_layers(base):
    """The blocks. Raises Failure (66) where they cannot be told."""
    for name, module in base.named_modules():
        if name.split(".")[-1] == "layers" and isinstance(module, nn.ModuleList) and hasattr(module[0], "self_attn"):
            return module
    raise Failure(BAD_MODEL, "model.unsupported", f"The linear layers of '{base.config.model_type}' have no roles here.",
                  "config.json, model_type", f"Use one of {', '.join(sorted(ARCHITECTURES))}, or the built-in engine.")
