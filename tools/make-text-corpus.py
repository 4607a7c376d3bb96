"""Assemble a multilingual corpus from this machine: source code, documentation in many languages, emoji, marks, controls, long runs.

usage: make-text-corpus.py OUT.jsonl [LINES]
One JSON string a line, at least LINES (12,000 by default) of them, the same on every run of one machine. The files read are those that
any Debian or Python installation has: the standard library, locale definitions, translated messages, Unicode's own names.
"""
import glob, json, os, random, sys, sysconfig, unicodedata

rng = random.Random(7)


def files(patterns, limit):
    found = sorted({f for p in patterns for f in glob.glob(p, recursive=True) if os.path.isfile(f)})
    rng.shuffle(found)
    return found[:limit]


def text_lines(patterns, limit, count):
    lines = []
    for name in files(patterns, limit):
        try:
            lines += [l for l in open(name, encoding="utf-8", newline="").read().split("\n") if l.strip()]
        except (UnicodeDecodeError, OSError):
            continue
    rng.shuffle(lines)
    return lines[:count]


def messages(count):
    """Translated messages of every language installed, from gettext catalogues."""
    import gettext
    lines = []
    for name in files(["/usr/share/locale/*/LC_MESSAGES/*.mo"], 400):
        try:
            with open(name, "rb") as f:
                lines += [v for v in gettext.GNUTranslations(f)._catalog.values() if isinstance(v, str) and v.strip()]
        except Exception:
            continue
    rng.shuffle(lines)
    return lines[:count]


def scalars(count):
    """Random characters of every block, with the words of scripts that the machine has no text of."""
    blocks = [(0x20, 0x7F), (0xA0, 0x180), (0x250, 0x2FF), (0x300, 0x370), (0x370, 0x530), (0x530, 0x700), (0x900, 0xE00), (0xE00, 0x1200),
              (0x1E00, 0x2000), (0x2000, 0x2070), (0x2070, 0x2C00), (0x3000, 0x3100), (0x3400, 0xA000), (0xA000, 0xAC00), (0xAC00, 0xD7A4),
              (0xF900, 0xFB00), (0xFB50, 0x10000), (0x10000, 0x10400), (0x11000, 0x11FFF), (0x1D400, 0x1D800), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF),
              (0xE0100, 0xE01EF), (0x16FE0, 0x17000), (0xE000, 0xF8FF)]
    lines = []
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(1, 8)):
            low, high = rng.choice(blocks)
            word = "".join(chr(rng.randrange(low, high)) for _ in range(rng.randint(1, 9)))
            parts.append("".join(c for c in word if not 0xD800 <= ord(c) <= 0xDFFF))
        lines.append(rng.choice([" ", "", "  ", "\t"]).join(parts))
    return lines


def odd(count):
    """Marks on letters, emoji sequences, controls, every kind of space, contractions, numbers, long runs, names of control tokens."""
    emoji = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇫🇷🇩🇪", "❤️", "1️⃣", "🧑🏿‍🚀", "😀😃😄", "\U0001FAE0"]
    spaces = [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", "\r", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0085", "\v", "\f", "\u200b", "\ufeff", "\x1c", "\x1f"]
    bits = ["don't", "I'LL", "we've", "'s", "'S", "'ſ", "it's5", "x'd", "''re", "'tis", "3.14159", "1234567", "１２３", "٣٤٥", "Ⅻ", "½", "²³", "foo_bar", "CamelCase",
            "a\u0301e\u0308", "Å", "A\u030a", "ﬁ", "ﬅ", "ß", "ẞ", "ı", "İ", "한국", "\u1112\u1161\u11ab", "<|endoftext|>", "<|im_start|>", "<s>", "</s>", "<bos>", "<unk>",
            "<0x0A>", "▁", "▁▁", "Ġ", "ĠĠa", "Ċ", "\x00", "\x01\x02", "\x7f", "\u0600", "\u061c", "e" + "\u0301" * 40, "=" * 80, "-" * 33, " " * 50, "\n" * 20, "a" * 300,
            "ab" * 200, "ha" * 70, "0" * 64, "." * 7, "。" * 30, "字" * 90, "🙂" * 60, "\t" * 12, "    return", "{}[]();", "!=", "==>", "//", "https://example.org/a?b=c&d=%20"]
    pool = emoji + bits
    return ["".join(x for _ in range(rng.randint(1, 7)) for x in (rng.choice(pool), rng.choice(spaces + [""] * 6))) for _ in range(count)]


def marks():
    """Every combining mark between other marks: the order and the joining of marks, for tokenizers that normalise."""
    every = [chr(c) for c in range(0x300, 0x1F000) if unicodedata.combining(chr(c))]
    words = [f"a\u0301{mark}\u0316 x{mark}\u0345\u0301" for mark in every]
    return [" ".join(words[i:i + 8]) for i in range(0, len(words), 8)]


def main():
    out, wanted = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 12000
    library = sysconfig.get_path("stdlib")
    lines = text_lines([library + "/*.py", library + "/test/*.py", library + "/email/*.py"], 300, 3000)
    lines += text_lines(["/usr/include/**/*.h", "/usr/share/perl/**/*.pm", "/usr/share/doc/**/*.md"], 300, 1500)
    lines += text_lines(["/usr/share/i18n/locales/*", "/usr/share/doc/**/*", "/usr/share/common-licenses/*"], 600, 1500)
    lines += messages(3000)
    lines += [unicodedata.name(chr(c), "") + " " + chr(c) for c in range(0xA0, 0x3000, 7) if unicodedata.category(chr(c)) != "Cn"]
    lines += scalars(2000) + odd(2000) + marks()
    paragraphs = ["\n".join(rng.sample(lines, rng.randint(2, 12))) for _ in range(600)]
    lines += paragraphs
    while len(lines) < wanted:
        lines += scalars(500) + odd(500)
    rng.shuffle(lines)
    with open(out, "w", encoding="utf-8") as f:
        for line in lines:
            f.write(json.dumps(line) + "\n")
    print(len(lines), "lines,", sum(len(l.encode()) for l in lines), "bytes")


if __name__ == "__main__":
    main()
