#!/bin/bash
# Run the tests that need the field's own programs (transformers, peft, tokenizers, llama.cpp, OpenAI's clients) in a virtual environment of their own.
# interop.sh [FOLDER … [OPTION …]]: the tests there, with options of pytest; those of Tests/Interop where none is named
# interop.sh prepare: the environment alone
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-deps.sh python
venv=.venv-interop
requirements=Tests/Interop/requirements.txt
if [ ! -f "$venv/ready" ] || ! cmp -s "$requirements" "$venv/ready"; then
    echo "Making $venv (llama.cpp's library is built from source: a minute or two on two cores, once)"
    python3 -m venv "$venv"
    CMAKE_ARGS="-DLLAVA_BUILD=OFF -DCMAKE_PROJECT_INCLUDE=$PWD/tools/llama-library.cmake" \
        "$venv/bin/pip" install --quiet --requirement "$requirements"
    cp "$requirements" "$venv/ready"
fi
old=Tests/Interop/requirements-old.txt
if ! cmp -s "$old" "$venv/old/ready"; then
    python3 -m venv "$venv/old"
    "$venv/old/bin/pip" install --quiet --requirement "$old"
    cp "$old" "$venv/old/ready"
fi
[ "${1:-}" != prepare ] || exit 0
export FINETUNED_PYTHON=$PWD/$venv/bin/python HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
"$FINETUNED_PYTHON" -m pytest -q "${@:-Tests/Interop}"
