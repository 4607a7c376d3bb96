"""Write Sources/Worker/Tokenization/ScalarClassRanges.swift: Unicode scalar classes as the `tokenizers` library sees them.

usage: make-scalar-classes.py > Sources/Worker/Tokenization/ScalarClassRanges.swift
The classes are asked of the library itself (its regex engine and its digit splitter follow different Unicode versions), so that
the scanners agree with it on every scalar. Needs Python with `tokenizers`.
"""
import unicodedata
from tokenizers import Regex, normalizers, pre_tokenizers

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def matching(pattern):
    """The scalars that a one-scalar regex matches."""
    kept = set()
    for start in range(0, len(SCALARS), 4096):
        text = "".join(map(chr, SCALARS[start:start + 4096]))
        for piece, _ in pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str(text):
            kept.update(map(ord, piece))
    return set(SCALARS) - kept


letters, numbers, spaces, marks = matching(r"\p{L}"), matching(r"\p{N}"), matching(r"\s"), matching(r"\p{M}")
assert not marks & (letters | numbers | spaces)
digits_splitter = pre_tokenizers.Digits(individual_digits=True)
digits = {c for c in SCALARS if len(digits_splitter.pre_tokenize_str("a" + chr(c) + "a")) == 3}
assert numbers <= digits

nfc = normalizers.NFC()
unstable = {c for c in SCALARS if unicodedata.combining(chr(c)) or nfc.normalize_str(chr(c)) != chr(c)}
for c in SCALARS:  # the second half of every composition, and the Hangul vowels and finals, may join what stands before them
    decomposed = normalizers.NFD().normalize_str(chr(c))
    if decomposed != chr(c):
        unstable.update(map(ord, decomposed[1:]))


def value(c):
    kind = 1 if c in letters else 2 if c in numbers else 3 if c in spaces else 4 if c in digits else 0
    return kind | (8 if c in unstable else 0) | (16 if c in marks else 0)


runs, last = [], None
for c in range(0x110000):
    v = 0 if 0xD800 <= c <= 0xDFFF else value(c)
    if v != last:
        runs.append(c << 8 | v)
        last = v

print("// Written by tools/make-scalar-classes.py; do not edit.")
print()
print("extension ScalarClasses {")
print("    /// Runs of scalars of one class: the first scalar, shifted left by 8, with the class of the run in the low byte.")
print("    static let runs: [UInt32] = [")
line = "       "
for r in runs:
    item = f" {r},"
    if len(line) + len(item) > 118:
        print(line)
        line = "       "
    line += item
print(line)
print("    ]")
print("}")
