"""The base with what is trained on it, found by the roles of its linear layers."""
import json
import os

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, AutoModelForCausalLM
from transformers.masking_utils import eager_mask

from .contract import ARCHITECTURES, BAD_MODEL, BAD_REQUEST, Failure, digest, write_whole
from .noise import DrawnDropout
from .order import uniform

ROLES = ("q", "k", "v", "o", "gate", "up", "down")
NAMES = {"q_proj": "q", "k_proj": "k", "v_proj": "v", "o_proj": "o", "out_proj": "o", "gate_proj": "gate", "up_proj": "up",
         "down_proj": "down", "query_key_value": "q", "Wqkv": "q", "dense": "o", "dense_h_to_4h": "up", "dense_4h_to_h": "down",
         "fc1": "up", "fc2": "down", "c_fc": "up", "c_proj": "down"}
# Layers that are several in one: they are trained where all of these roles are asked for.
FUSED = {"query_key_value": ("q", "k", "v"), "Wqkv": ("q", "k", "v")}
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


class Loaded:
    """A base (`base`) with what was trained on it, which is computed as `model`."""

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


class Asked(Loaded):
    """A base with all adapters beside it, which is scored and answers. Raises Failure (66)."""

    def __init__(self, reference, compute, device):
        folder, adapters = standing(reference)
        self.base = self.model = load(folder, [], compute)
        self.layers = find_layers(self.base)
        for number, adapter in enumerate(adapters):
            name = f"adapter{number}"
            if number == 0:
                self.model = fitted(lambda: PeftModel.from_pretrained(self.base, adapter["path"], adapter_name=name), adapter)
            else:
                fitted(lambda: self.model.load_adapter(adapter["path"], adapter_name=name), adapter)
        if len(adapters) > 1:
            # What was trained one after another is added up.
            self.model.base_model.set_adapter([f"adapter{number}" for number in range(len(adapters))])
        self.model.to(device).eval()
        self.parameters = {name: p for name, p in self.model.named_parameters() if ".lora_" in name}


class Tuned(Loaded):
    """The model that is trained, and what of it: `parameters`, names to tensors in the order of places."""

    def __init__(self, task, compute, noise, device):
        self.task, self.recipe, self.noise = task, task["recipe"], noise
        folder, frozen = standing(task["model"])
        start = task.get("startAdapter")
        if start:
            check_digest(start)
        full = self.recipe["method"] == "full"
        if full and start and os.path.exists(start["path"] + "/config.json"):
            folder, start, frozen = start["path"], None, []
        self.base = load(folder, frozen + ([start] if full and start else []), compute, full, noise.recipe["dropout"] > 0)
        self.layers = find_layers(self.base)
        if noise.recipe["dropout"] > 0 and not hasattr(self.layers[0], "self_attn"):
            raise Failure(BAD_REQUEST, "recipe.dropout", f"Dropout has no places in '{self.base.config.model_type}'.", "recipe.dropout",
                          "Use adapter_dropout, or a base of another architecture.")
        self.model = self.base if full else self.adapted(start, task["model"]["base"])
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
            targets = set(self.recipe["targets"])
            self.refuse_parts(targets)
            modules = {name: roles for name, roles in self.linear().items() if targets.issuperset(roles) and self.layer(name) >= first}
            covered = {role for roles in modules.values() for role in roles}
            missing = [role for role in self.recipe["targets"] if role not in covered and role != "gate"]
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
        """Names of the linear layers in the blocks, with the roles that each has: several where it is several in one."""
        prefix = next(name for name, module in self.base.named_modules() if module is self.layers)
        leaves = {name: name.split(".")[-1] for name, module in self.base.named_modules()
                  if name.startswith(prefix + ".") and isinstance(module, nn.Linear)}
        return {name: FUSED.get(leaf, (NAMES[leaf],)) for name, leaf in leaves.items() if leaf in NAMES}

    def refuse_parts(self, targets):
        """Refuses targets that are only a part of a layer."""
        for name, roles in self.linear().items():
            if targets.intersection(roles) and not targets.issuperset(roles):
                raise Failure(BAD_REQUEST, "recipe.targets", f"{', '.join(roles)} are one layer of this base ({name}).", "recipe.targets",
                              "Name all of them, or none.")

    @staticmethod
    def layer(name):
        parts = name.split(".")
        return next((int(b) for a, b in zip(parts, parts[1:]) if a in LISTS and b.isdigit()), None)

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
        if name.split(".")[-1] in LISTS and isinstance(module, nn.ModuleList) and len(module) and any(
                isinstance(part, nn.Linear) and inner.split(".")[-1] in NAMES for inner, part in module[0].named_modules()):
            return module
    raise Failure(BAD_MODEL, "model.unsupported", f"The linear layers of '{base.config.model_type}' have no roles here.",
                  "config.json, model_type", f"Use one of {', '.join(ARCHITECTURES)}, or the built-in engine.")
