#!/bin/bash
# Build products, and show only what the compiler has to say.   build.sh [OPTION of swift build …] -- PRODUCT …
# `swift build --build-tests` would build every target of every package, a third of which nothing here needs.
set -euo pipefail
cd "$(dirname "$0")/.."
options=()
while [ "$1" != -- ]; do options+=("$1"); shift; done
shift
for product in "$@"; do
    swift build "${options[@]}" --product "$product" 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\] |^Build of product .* complete|^Building for production\.\.\.$|^warning: .* are unhandled;|^    /.*/checkouts/' ||
        [ "${PIPESTATUS[0]}" -eq 0 ]
done
