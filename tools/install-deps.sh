#!/bin/bash
# Install the Debian packages that are missing, saying which.   install-deps.sh build|test …
set -euo pipefail
declare -A packages=(
    [build]="libsystemd-dev libsqlite3-dev libopenblas-dev libzstd-dev zlib1g-dev libssl-dev libcurl4-openssl-dev \
        libsimdjson-dev pkg-config make binutils curl"
    [test]="dpkg-dev systemd-container strace util-linux e2fsprogs openssl python3 prometheus slurm-wlm munge \
        iproute2 openssh-server openssh-client zsh fish gdb"
    [package]="dpkg-dev lintian"
    [python]="python3-venv cmake g++"
)
# A kernel that is a program, for what the machine's own has not; Debian has it for one architecture.
[ "$(dpkg --print-architecture)" != amd64 ] || packages[test]+=" user-mode-linux kmod"
missing=()
for group in "$@"; do
    for package in ${packages[$group]}; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
    done
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "Installing Debian packages: ${missing[*]}"
as_root=(); [ "$(id -u)" -eq 0 ] || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
install_all() { "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
# A package list that is absent or stale is the usual reason for a first failure.
install_all 2>/dev/null || { "${as_root[@]}" apt-get update -qq; install_all; }
