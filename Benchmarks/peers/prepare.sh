#!/bin/bash
# What every comparison needs: the peers in .venv-peers, the base model as GGUF and as a Hugging Face folder, real rows.
# Leaves: models/…gguf  models/smollm2-hf/  Benchmarks/data/{sections,synopsis}.jsonl
set -euo pipefail
cd "$(dirname "$0")/../.."
tools/install-deps.sh build python
tools/fetch-models.sh smollm2
if ! cmp -s Benchmarks/peers/requirements.txt .venv-peers/ready; then
    echo "Making .venv-peers (llama.cpp is built from source: some ten minutes on two cores, once)"
    python3 -m venv .venv-peers
    .venv-peers/bin/pip install --quiet --requirement Benchmarks/peers/requirements.txt
    cp Benchmarks/peers/requirements.txt .venv-peers/ready
fi
[ -f models/smollm2-hf/model.safetensors ] || .venv-peers/bin/python Benchmarks/peers/gguf_to_hf.py models/SmolLM2-135M-Instruct.Q4_1.gguf models/smollm2-hf
mkdir -p Benchmarks/data
[ -f Benchmarks/data/sections.jsonl ] || python3 tools/debian_sections.py Benchmarks/data/sections.jsonl 0 4000
[ -f Benchmarks/data/synopsis.jsonl ] || python3 tools/debian_synopsis.py Benchmarks/data/synopsis.jsonl 0 4000
