#!/usr/bin/env python3
"""Builds the lib_FoundationICU.so that is installed: the toolchain's own code, and of its 34 MB of data what these programs can ask for.

    trim-icu.py TOOLCHAIN_LIB OUT       TOOLCHAIN_LIB: the folder of the toolchain's swift and swift_static

Foundation is linked to all of ICU, and the programs ask it for next to nothing: dates and numbers in English, Unicode's normal forms, regular
expressions, time zones. Left out are the other languages, tables of old character sets, sorting by language, the breaking of lines, and
transliteration; ICU answers for a language that is not there with its root, as for one that it never had. ICU's data are a table of names and
offsets before the items (Common Data Format, `ucmndata.h`), and nothing in the code knows which items there are.

Leaves with status 3 where the toolchain has no static library; the shared one is installed whole then.
"""
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

ENGLISH = re.compile(r"(root|en|en_001|en_US|en_US_POSIX|res_index|pool|supplementalData|tzdbNames)\.res")
LANGUAGE = re.compile(r"[a-z]{2,3}(_\w+)?\.res")
WITHOUT = {"translit", "rbnf", "coll"}


def is_wanted(name):
    """Whether an item is kept, by its name within the package."""
    folder, _, file = name.rpartition("/")
    if folder in WITHOUT:
        return file == "res_index.res"
    if file.endswith((".cnv", ".dict", ".spp", ".cfu")):
        return False
    if folder == "brkitr" and file.startswith("line"):
        return False
    return bool(ENGLISH.fullmatch(file)) or not LANGUAGE.fullmatch(file)


def trimmed(data):
    """ICU's data with the wanted items alone."""
    header = struct.unpack_from("<H", data)[0]
    if data[2:4] != b"\xda\x27" or data[12:16] != b"CmnD":
        sys.exit("The toolchain's ICU data are of another format than is known here.")
    count = struct.unpack_from("<I", data, header)[0]
    entries = [struct.unpack_from("<II", data, header + 4 + 8 * index) for index in range(count)]
    items = []
    for index, (name, begin) in enumerate(entries):
        end = entries[index + 1][1] if index + 1 < count else len(data) - header
        text = data[header + name:data.index(b"\0", header + name)]
        if is_wanted(text.decode().split("/", 1)[1]):
            items.append((text, data[header + begin:header + end]))
    table, names, bodies = b"", b"", b""
    first = 4 + 8 * len(items)
    start = first + sum(len(text) + 1 for text, _ in items)
    start += -start % 16
    for text, body in items:
        table += struct.pack("<II", first + len(names), start + len(bodies))
        names += text + b"\0"
        bodies += body + b"\0" * (-len(body) % 16)
    head = struct.pack("<I", len(items)) + table + names
    return data[:header] + head + b"\xaa" * (start - len(head)) + bodies


def main(library, out):
    archive = library / "swift_static/linux/lib_FoundationICU.a"
    shared = library / "swift/linux/lib_FoundationICU.so"
    clang = library.parent / "bin/clang"
    if not archive.exists() or not clang.exists():
        sys.exit(3)
    with tempfile.TemporaryDirectory() as folder:
        def run(*command):
            return subprocess.run([str(word) for word in command], check=True, cwd=folder, capture_output=True, text=True).stdout
        run("ar", "x", archive)
        source = pathlib.Path(folder, "icu_packaged_data.cpp.o")
        symbol = run("nm", "--defined-only", source).split()[-1]
        run("objcopy", "-O", "binary", "--only-section=.rodata", source, "whole")
        source.unlink()
        pathlib.Path(folder, "data").write_bytes(trimmed(pathlib.Path(folder, "whole").read_bytes()))
        pathlib.Path(folder, "data.s").write_text(
            f".section .rodata\n.globl {symbol}\n.balign 16\n{symbol}:\n.incbin \"data\"\n.type {symbol}, @object\n"
            f".size {symbol}, . - {symbol}\n.section .note.GNU-stack\n")
        run(clang, "-c", "data.s", "-o", "data.o")
        run(clang, "-shared", "-fuse-ld=lld", "-o", "out.so", "-Wl,-soname,lib_FoundationICU.so", "-Wl,-z,relro", "-Wl,--build-id",
            *sorted(pathlib.Path(folder).glob("*.o")), "-lstdc++", "-lm")
        # What the shared library of the toolchain has, this one has as well.
        def names(path):
            marks = {"__bss_start", "_edata", "_end"}
            return set(run("nm", "-D", "--defined-only", "--format=just-symbols", path).split()) - marks
        missing = names(shared) - names("out.so")
        if missing:
            sys.exit(f"{len(missing)} functions are missing from the trimmed ICU, such as {sorted(missing)[0]}.")
        shutil.copyfile(pathlib.Path(folder, "out.so"), out)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
