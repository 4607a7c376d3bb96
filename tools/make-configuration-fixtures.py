#!/usr/bin/env python3
"""Remakes Tests/Fixtures/configurations.json: every field of transformers' configuration classes, with what its absence means.

    pip install transformers==5.23.0
    tools/make-configuration-fixtures.py Tests/Fixtures

One object for each `model_type`: the fields of the class itself (`fields`), and the defaults that a small model of it has
(`defaults`), as `to_dict` writes them.
"""
import dataclasses
import json
import pathlib
import sys

from transformers import (Gemma3Config, Gemma3TextConfig, Gemma4Config, Gemma4TextConfig, GPT2Config, GraniteConfig, GraniteMoeHybridConfig, Lfm2Config, LlamaConfig, MistralConfig,
                          Ministral3Config, Mistral3Config, Olmo2Config, Olmo3Config, Phi3Config, Qwen2Config, Qwen3_5Config, Qwen3_5TextConfig, Qwen3Config, SmolLM3Config)

CLASSES = [LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config, Gemma3TextConfig, GPT2Config, SmolLM3Config, GraniteConfig, Gemma3Config,
           Phi3Config, GraniteMoeHybridConfig, Olmo2Config, Olmo3Config, Ministral3Config, Mistral3Config, Lfm2Config, Gemma4Config, Gemma4TextConfig,
           Qwen3_5TextConfig, Qwen3_5Config]


def main():
    result = {}
    for kind in CLASSES:
        config = kind()
        fields = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
        written = config.to_dict()
        result[kind.model_type] = {
            "fields": sorted(f for f in fields | set(written) if f not in ("transformers_version",)),
            "defaults": {key: value for key, value in sorted(written.items()) if not isinstance(value, (list, dict)) and key != "transformers_version"},
        }
    path = pathlib.Path(sys.argv[1]) / "configurations.json"
    path.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")


main()
