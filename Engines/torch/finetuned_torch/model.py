"""A base with what is trained on it, found by the roles of its linear layers."""
import json
import os

import torch
from peft import LoraConfig, PeftModel, get_peft_model

from .base import LISTS, NAMES, ROLES, check_digest, decoder, find_layers, fitted, linear, load, save_whole, standing
from .contract import BAD_REQUEST, Failure, digest, write_whole
from .losses import Loaded
from .noise import DrawnDropout
from .order import uniform


class Asked(Loaded):
    """A base with all adapters beside it, which is scored and answers. Raises Failure (66).

    Without a `device` it stays where it was loaded, for ranks that split it.
    """

    def __init__(self, reference, compute, device=None):
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
        (self.model.to(device) if device else self.model).eval()
        self.parameters = {name: p for name, p in self.model.named_parameters() if ".lora_" in name}


class Tuned(Loaded):
    """The model that is trained, and what of it: `parameters`, names to tensors in the order of places.

    Without a `device` it stays where it was loaded, for ranks that split it.
    """

    computes_again = False

    def __init__(self, task, compute, noise, device=None):
        self.task, self.recipe, self.noise = task, task["recipe"], noise
        folder, frozen = standing(task["model"])
        start = task.get("startAdapter")
        if start:
            check_digest(start)
        full = self.is_full = self.recipe["method"] == "full"
        if full and start and os.path.exists(start["path"] + "/config.json"):
            folder, start, frozen = start["path"], None, []
        self.base = load(folder, frozen + ([start] if full and start else []), compute, full, noise.recipe["dropout"] > 0)
        self.layers = find_layers(self.base)
        if noise.recipe["dropout"] > 0 and not hasattr(self.layers[0], "self_attn"):
            raise Failure(BAD_REQUEST, "recipe.dropout", f"Dropout has no places in '{self.base.config.model_type}'.", "recipe.dropout",
                          "Use adapter_dropout, or a base of another architecture.")
        self.model = self.base if full else self.adapted(start, task["model"]["base"])
        (self.model.to(device) if device else self.model).train()
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
            modules = {name: roles for name, roles in linear(self.base, self.layers).items() if targets.issuperset(roles) and self.layer(name) >= first}
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
        text = {id(p) for part in (decoder(self.base), self.base.get_output_embeddings()) for p in part.parameters()}
        for name, p in self.base.named_parameters():
            layer = self.layer(name)
            outside = layer is None and ("embed" in name or "lm_head" in name and tied)
            p.requires_grad = id(p) in text and (
                first == 0 or (layer is not None and layer >= first) or (layer is None and not outside))

    @property
    def can_compute_again(self):
        return getattr(self.base, "supports_gradient_checkpointing", False)

    def compute_again(self):
        """Keeps of each block only what goes into it, and computes the rest again in the backward pass."""
        again = getattr(self.base, "activation_checkpointing_enable", None) or self.base.gradient_checkpointing_enable
        again({"use_reentrant": False})
        self.computes_again = True

    def refuse_parts(self, targets):
        """Refuses targets that are only a part of a layer."""
        for name, roles in linear(self.base, self.layers).items():
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

    def written(self):
        """What is written once training is over."""
        return {name: p.detach() for name, p in (self.base.named_parameters() if self.is_full else self.parameters.items())}

    def write(self, folder, values):
        """Writes these tensors of what was trained, or of the whole model in full fine-tuning, as PEFT or transformers do.

        Returns the relative path and digest.
        """
        path = os.path.join(folder, "adapter")
        os.makedirs(path, exist_ok=True)
        if self.recipe["method"] == "full":
            save_whole({name: value.contiguous() for name, value in values.items()}, path + "/model.safetensors")
            # What is written is configured as the base was.
            for config, name, value in self.base.own_dropout:
                setattr(config, name, value)
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
