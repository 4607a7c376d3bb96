#!/bin/bash
# llama.cpp's server, built from the sources inside llama-cpp-python's source package, with what the machine has.
# Leaves: .build-llama-server/build/bin/llama-server
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^llama-cpp-python==//p' Tests/Interop/requirements.txt | head -1)
if [ ! -x .build-llama-server/build/bin/llama-server ] || [ "$(cat .build-llama-server/version)" != "$version" ]; then
    echo "Building llama-server of llama-cpp-python $version (some ten minutes on two cores, once)"
    rm -rf .build-llama-server && mkdir .build-llama-server
    python3 -m pip download --quiet --no-deps --no-binary :all: --dest .build-llama-server "llama-cpp-python==$version"
    tar -xzf .build-llama-server/llama_cpp_python-*.tar.gz -C .build-llama-server
    cmake -S .build-llama-server/llama_cpp_python-*/vendor/llama.cpp -B .build-llama-server/build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON \
        -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=ON -DBUILD_SHARED_LIBS=OFF \
        > .build-llama-server/configure.log 2>&1
    cmake --build .build-llama-server/build --target llama-server --parallel "$(nproc)" > .build-llama-server/build.log 2>&1
    echo "$version" > .build-llama-server/version
fi
