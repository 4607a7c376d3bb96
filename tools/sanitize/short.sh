#!/bin/bash
# The short form of `make sanitize`, in a minute: Platform, where threads meet, and a program that has them meet, under either sanitizer. It also
# shows that the thread sanitizer reports a race, and nothing where Swift's mutex is contended.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
platform=Sources/Shared/CPlatform
mkdir "$build/CPlatform"
printf 'module CPlatform { header "%s/include/CPlatform.h" export * }\n' "$PWD/$platform" > "$build/CPlatform/module.modulemap"
"$clang" -shared -fPIC -O1 -Wall -Werror -o "$build/mutex.so" tools/sanitize/mutex.c -ldl
for sanitizer in ${SANITIZERS:-thread address}; do
    work=$build/$sanitizer
    mkdir "$work"
    for source in "$platform"/*.c; do
        "$clang" -c -g -O1 -fsanitize="$sanitizer" -I "$platform/include" -o "$work/$(basename "$source").o" "$source"
    done
    flags=(-sanitize="$sanitizer" -Onone -g -swift-version 6 -package-name finetuned -I "$build/CPlatform" -I Sources/Shared/CLibcrypto -I "$work")
    (cd "$work" && swiftc "${flags[@]/#Sources/$OLDPWD/Sources}" -wmo -parse-as-library -module-name Platform -emit-module -c -o platform.o \
        "$OLDPWD"/Sources/Shared/Platform/*.swift)
    # A file of this name may have statements outside functions.
    cp tools/sanitize/probe.swift "$work/main.swift"
    # The linker has something to say about each symbol of the sanitizer that it does not show to others.
    swiftc "${flags[@]}" -o "$work/probe" "$work/main.swift" "$work"/*.o 2> >(grep -v 'Cannot export local symbol' >&2)
    preloaded=()
    [ "$sanitizer" != thread ] || preloaded=(env "LD_PRELOAD=$build/mutex.so")
    ASAN_OPTIONS=detect_leaks=0 "${preloaded[@]}" "$work/probe"
    if [ "$sanitizer" = thread ]; then
        if "${preloaded[@]}" "$work/probe" race > "$work/raced" 2>&1; then echo "The thread sanitizer reports no race where there is one." >&2; exit 1; fi
        grep -q 'ThreadSanitizer: .*race' "$work/raced" || { cat "$work/raced" >&2; exit 1; }
    fi
    echo "Clean under the $sanitizer sanitizer."
done
