#!/usr/bin/env python3
"""Remakes Tests/Fixtures/families: a tiny model of each family with random weights, and what transformers computes from it in float32.

    pip install torch==2.13.0 transformers==5.23.0 safetensors
    tools/make-family-fixtures.py Tests/Fixtures/families

A folder holds config.json, model.safetensors, expected.json (token ids, loss of each next token, the last token's logits, the losses of six steps of training) and
gradients.safetensors (of the summed loss over all sequences, by transformers' own parameter names).
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import (AutoModelForCausalLM, AutoModelForImageTextToText, Gemma3Config, Gemma3TextConfig, Gemma4Config, Gemma4TextConfig, GPT2Config, GraniteConfig,
                          GraniteMoeHybridConfig, Lfm2Config, LlamaConfig, Ministral3Config, MistralConfig, Olmo2Config, Olmo3Config, Phi3Config, Qwen2Config, Qwen3_5Config,
                          Qwen3_5TextConfig, Qwen3Config, SmolLM3Config)

SMALL = dict(vocab_size=67, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)
LLAMA3 = dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16, rope_theta=500.0)
LONGROPE = dict(rope_type="longrope", rope_theta=10000.0, partial_rotary_factor=0.75, original_max_position_embeddings=32,
                short_factor=[1.0, 1.1, 1.3], long_factor=[1.5, 2.0, 3.0])
GRANITE4 = dict(embedding_multiplier=3.0, attention_multiplier=0.35, residual_multiplier=0.22, logits_scaling=2.5, num_local_experts=0,
                shared_intermediate_size=20, mamba_n_heads=4, layer_types=["full_attention"] * 2)
# As E2B: an input of its own for each layer, and last layers that attend to the two before them.
GEMMA4 = dict(**{**SMALL, "num_hidden_layers": 6}, head_dim=8, global_head_dim=12, sliding_window=6, hidden_size_per_layer_input=8,
              vocab_size_per_layer_input=67, num_kv_shared_layers=3, use_double_wide_mlp=True, final_logit_softcapping=6.0,
              layer_types=["sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "full_attention"])
# As 31B: neither, and values that are keys in full layers.
GEMMA4_WIDE = dict(**SMALL, head_dim=8, global_head_dim=16, sliding_window=6, hidden_size_per_layer_input=0, vocab_size_per_layer_input=67,
                   attention_k_eq_v=True, num_global_key_value_heads=1, final_logit_softcapping=8.0, use_bidirectional_attention="vision",
                   layer_types=["sliding_attention", "full_attention"])
QWEN35 = dict(head_dim=16, linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8, linear_value_head_dim=8,
              rope_parameters=dict(rope_type="default", rope_theta=500.0, partial_rotary_factor=0.5, mrope_section=[2, 1, 1]))
LFM2 = ["conv", "full_attention", "conv", "conv"]
KINDS = {
    "llama": (LlamaConfig(**SMALL, tie_word_embeddings=False), torch.float32),
    "llama3": (LlamaConfig(**SMALL, tie_word_embeddings=True, rope_parameters=LLAMA3), torch.bfloat16),
    "mistral": (MistralConfig(**SMALL, sliding_window=7), torch.bfloat16),
    "qwen2": (Qwen2Config(**SMALL, tie_word_embeddings=True), torch.float16),
    "qwen3": (Qwen3Config(**SMALL, head_dim=8, tie_word_embeddings=True), torch.bfloat16),
    "gemma3": (Gemma3TextConfig(**{**SMALL, "num_hidden_layers": 3}, head_dim=8, sliding_window=6, query_pre_attn_scalar=12,
                                layer_types=["sliding_attention", "sliding_attention", "full_attention"]), torch.bfloat16),
    "gpt2": (GPT2Config(vocab_size=67, n_embd=16, n_layer=2, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=2,
                        resid_pdrop=0, embd_pdrop=0, attn_pdrop=0), torch.float16),
    "smollm3": (SmolLM3Config(**{**SMALL, "num_hidden_layers": 4}), torch.bfloat16),
    "granite": (GraniteConfig(**SMALL, embedding_multiplier=3.0, attention_multiplier=0.35, residual_multiplier=0.22, logits_scaling=2.5),
                torch.bfloat16),
    "llama-biased": (LlamaConfig(**SMALL, attention_bias=True, mlp_bias=True), torch.bfloat16),
    "gemma3-wrapped": (Gemma3Config(
        text_config=dict(model_type="gemma3_text", **SMALL, head_dim=8, sliding_window=6, query_pre_attn_scalar=12,
                         layer_types=["sliding_attention", "full_attention"]),
        vision_config=dict(model_type="siglip_vision_model", hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2,
                           image_size=8, patch_size=4), mm_tokens_per_image=4), torch.bfloat16),
    "phi3": (Phi3Config(**{**SMALL, "hidden_size": 32}, original_max_position_embeddings=32, rope_parameters=LONGROPE), torch.bfloat16),
    "granitemoehybrid": (GraniteMoeHybridConfig(**SMALL, **GRANITE4, position_embedding_type="rope"), torch.bfloat16),
    "granite4-nope": (GraniteMoeHybridConfig(**SMALL, **GRANITE4), torch.bfloat16),
    "olmo2": (Olmo2Config(**SMALL), torch.bfloat16),
    "olmo3": (Olmo3Config(**{**SMALL, "num_hidden_layers": 4}, sliding_window=6, rope_parameters={
        "sliding_attention": dict(rope_type="default", rope_theta=500.0),
        "full_attention": dict(rope_type="yarn", rope_theta=500.0, factor=4.0, original_max_position_embeddings=16)}), torch.bfloat16),
    "ministral3": (Ministral3Config(**SMALL, head_dim=8, rope_parameters=dict(
        rope_type="yarn", type="yarn", rope_theta=10000.0, factor=2.0, original_max_position_embeddings=32, max_position_embeddings=64,
        beta_fast=4.0, beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=0.1)), torch.bfloat16),
    "lfm2": (Lfm2Config(**{**SMALL, "num_hidden_layers": 4}, block_multiple_of=8, layer_types=LFM2), torch.bfloat16),
    "lfm2-older": (Lfm2Config(**{**SMALL, "num_hidden_layers": 3}, block_multiple_of=8, block_ffn_dim_multiplier=1.3, conv_L_cache=4,
                              full_attn_idxs=[0, 2]), torch.float16),
    "gemma4": (Gemma4TextConfig(**GEMMA4), torch.bfloat16),
    "gemma4-wide": (Gemma4TextConfig(**GEMMA4_WIDE), torch.bfloat16),
    "gemma4-wrapped": (Gemma4Config(
        text_config=dict(model_type="gemma4_text", **GEMMA4),
        vision_config=dict(model_type="gemma4_vision", hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2,
                           num_key_value_heads=2, head_dim=4, patch_size=4, position_embedding_size=16), audio_config=None), torch.bfloat16),
    # llama.cpp rounds every context up to 256, and takes the divisors for long texts beyond the original one.
    "phi3-256": (Phi3Config(**{**SMALL, "hidden_size": 32, "max_position_embeddings": 512}, original_max_position_embeddings=256,
                            rope_parameters={**LONGROPE, "original_max_position_embeddings": 256}), torch.bfloat16),
    "qwen3_5": (Qwen3_5TextConfig(**{**SMALL, "num_hidden_layers": 4}, **QWEN35), torch.bfloat16),
    "qwen3_5-wrapped": (Qwen3_5Config(
        text_config=dict(**{**SMALL, "num_hidden_layers": 3}, head_dim=8, linear_num_key_heads=3, linear_num_value_heads=3, linear_key_head_dim=4,
                         linear_value_head_dim=6, linear_conv_kernel_dim=3, full_attention_interval=2, tie_word_embeddings=True),
        vision_config=dict(depth=1, hidden_size=8, intermediate_size=8, num_heads=2, patch_size=4, out_hidden_size=16, num_position_embeddings=16),
        tie_word_embeddings=True), torch.bfloat16),
}


def randomize(model, kind):
    """Weights large enough that every part of the model shows in the outcome, rounded to the type they are stored in."""
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            is_centred = kind.startswith(("gemma3", "qwen3_5")) and not name.endswith("linear_attn.norm.weight")
            around = 0.0 if name.endswith("bias") or is_centred else 1.0
            parameter.data.normal_(around, 0.3)
        else:
            # A short convolution multiplies what it is given twice.
            size = 0.7 if ".conv" in name else 1.2
            parameter.data.normal_(0, 0.8 if "embed" in name or "wte" in name or "wpe" in name else size / parameter.shape[-1] ** 0.5)


    for name, buffer in model.named_buffers():
        if name.endswith("layer_scalar"):  # it is stored, and not trained
            buffer.data.uniform_(0.6, 1.2)


def trajectory(model, sequences):
    """The mean loss before each of six steps of full fine-tuning with AdamW at 1e-3, both sequences a step."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)
    found = []
    for _ in range(6):
        optimizer.zero_grad()
        rows = [torch.tensor([sequence["ids"]]) for sequence in sequences]
        loss = sum(torch.nn.functional.cross_entropy(model(ids).logits[0, :-1], ids[0, 1:], reduction="sum") for ids in rows)
        loss = loss / sum(ids.shape[1] - 1 for ids in rows)
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def main():
    out = pathlib.Path(sys.argv[1])
    for seed, (kind, (config, dtype)) in enumerate(KINDS.items()):
        torch.manual_seed(seed)
        folder = out / kind
        folder.mkdir(parents=True, exist_ok=True)
        config._attn_implementation = "eager"
        # Of a model that also sees transformers takes the text alone where a language model is asked for.
        kind_of = AutoModelForImageTextToText if kind == "qwen3_5-wrapped" else AutoModelForCausalLM
        model = kind_of.from_config(config, dtype=torch.float32).eval()
        randomize(model, kind)
        model = model.to(dtype)
        model.save_pretrained(folder)
        for extra in ("generation_config.json",):
            (folder / extra).unlink(missing_ok=True)
        if kind == "llama3":  # the form that folders had before transformers 5
            path = folder / "config.json"
            written = json.loads(path.read_text())
            scaling = written.pop("rope_parameters")
            written["rope_theta"] = scaling.pop("rope_theta")
            written["rope_scaling"] = scaling
            path.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n")
        if kind == "gemma4-wrapped":  # as Google writes it
            path = folder / "config.json"
            written = json.loads(path.read_text())
            del written["text_config"]["per_layer_config"]
            written["text_config"].update(global_head_dim=12, num_global_key_value_heads=None)
            path.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n")
        if kind == "lfm2-older":  # likewise
            path = folder / "config.json"
            written = json.loads(path.read_text())
            written["rope_theta"] = written.pop("rope_parameters")["rope_theta"]
            written["block_ff_dim"] = written.pop("intermediate_size")
            del written["layer_types"]
            path.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n")
        if kind == "qwen3_5-wrapped":  # what published folders say in other words
            path = folder / "config.json"
            written = json.loads(path.read_text())
            text = written["text_config"]
            scaling = text.pop("rope_parameters")
            text.update(rope_theta=scaling["rope_theta"], partial_rotary_factor=scaling["partial_rotary_factor"], full_attention_interval=2,
                        attn_output_gate=True, mtp_num_hidden_layers=1, mtp_use_dedicated_embeddings=False, mamba_ssm_dtype="float32", mlp_only_layers=[])
            del text["layer_types"]
            path.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n")
        # Read again rather than cast back: casting would round the rotary frequencies too.
        model = kind_of.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        sequences, loss = [], 0
        # States are computed once more every 32 tokens.
        for length in (45, 14) if kind.startswith("qwen3_5") else (23, 14):
            ids = torch.randint(3, 67, (1, length))
            logits = model(ids).logits[0]
            losses = torch.nn.functional.cross_entropy(logits[:-1], ids[0, 1:], reduction="none")
            loss = loss + losses.sum()
            sequences.append({"ids": ids[0].tolist(), "losses": losses.tolist(), "last_logits": logits[-1].tolist()})
        loss.backward()
        save_file({n: p.grad.contiguous() for n, p in model.named_parameters() if p.grad is not None}, folder / "gradients.safetensors")
        (folder / "expected.json").write_text(json.dumps({"sequences": sequences, "trajectory": trajectory(model, sequences)}) + "\n")
        print(kind, f"{loss.item():.3f}", sum(p.numel() for p in model.parameters()), "parameters")


main()
