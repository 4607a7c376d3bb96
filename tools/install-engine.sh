#!/bin/bash
# Make the environment of the PyTorch engine.   install-engine.sh DIR [cpu|cuda] [--wheels FOLDER]
# Every package is checked against its hash in Engines/torch/cpu.lock (the default) or cuda.lock. With --wheels nothing is fetched: the folder
# holds all of them (`pip download --require-hashes --no-deps -r Engines/torch/cpu.lock -d FOLDER` on a machine with a network fills it).
set -euo pipefail
cd "$(dirname "$0")/.."
usage="usage: tools/install-engine.sh DIR [cpu|cuda] [--wheels FOLDER]"
refuse() { echo "$usage" >&2; exit 2; }
[ $# -ge 1 ] || refuse
into=$1 kind=cpu source=()
shift
case ${1:-} in cpu | cuda) kind=$1; shift ;; esac
if [ $# -gt 0 ]; then
    [ $# -eq 2 ] && [ "$1" = --wheels ] || refuse
    [ -d "$2" ] || { echo "The folder of wheels $2 is absent. Fill it with pip download (see the head of this script)." >&2; exit 1; }
    source=(--no-index --find-links "$2")
fi
python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || {
    echo "The lock is for Python 3.11, and python3 is $(python3 -V). Put a Python 3.11 first on the PATH." >&2; exit 1; }
python3 -m venv "$into"
install() { "$into/bin/pip" install --quiet --require-hashes --no-deps "$@" --requirement "Engines/torch/$kind.lock"; }
# PyTorch without CUDA is on PyTorch's own index alone, unless pip was told of another place that has it.
install "${source[@]}" || {
    [ "$kind" = cpu ] && [ ${#source[@]} -eq 0 ] && install --extra-index-url https://download.pytorch.org/whl/cpu; }
packages=$("$into/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
rm -rf "$packages/finetuned_torch"
cp -r Engines/torch/finetuned_torch "$packages/"
cat > "$into/bin/finetuned-torch" <<END
#!$(cd "$into" && pwd)/bin/python
from finetuned_torch.__main__ import run
run()
END
chmod 755 "$into/bin/finetuned-torch"
"$into/bin/finetuned-torch" --describe
