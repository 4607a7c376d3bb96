"""Train small tokenizers with the `tokenizers` library, one of each kind that is supported, and write them with ids of difficult texts.

usage: make-tokenizer-fixtures.py OUT_DIR [VOCABULARY] [CORPUS.jsonl]
For each kind NAME: OUT_DIR/NAME/tokenizer.json (and tokenizer_config.json where the kind has one) and OUT_DIR/NAME.json, a list of
{text, ids, parsed, decoded}: ids with the names of special tokens as text, ids with them parsed and the post-processor on, and the text
that `decode` gives. Without a corpus, one of a few hundred lines is assembled by make-text-corpus.py's rules.
Needs Python with `tokenizers`.
"""
import importlib.util, json, os, random, sys, tempfile
from pathlib import Path
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = QWEN2.replace(r"]?\p{L}+", r"]?[\p{L}\p{M}]+").replace(r"[^\s\p{L}", r"[^\s\p{L}\p{M}")
ALPHABET = pre_tokenizers.ByteLevel.alphabet()


def split(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)])


def train(tokenizer, lines, size, special, alphabet):
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False, max_token_length=16, limit_alphabet=256))
    return tokenizer


def byte_level(lines, size, pre, special, ignore_merges=False, normalizer=None):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre, decoders.ByteLevel()
    if normalizer:
        tokenizer.normalizer = normalizer
    return train(tokenizer, lines, size, special, ALPHABET)


def sentence_piece(lines, size, special, prefix):
    """Trained on words with marks, then with the normaliser or pre-tokenizer of the kind put in and byte tokens added."""
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    train(trained, lines, size, special, [])
    made = json.loads(trained.to_str())["model"]
    vocab = made["vocab"]
    for byte in range(256):
        vocab.setdefault(f"<0x{byte:02X}>", len(vocab))
    merges = [tuple(m) for m in made["merges"]]
    for a, b in [("▁", "▁"), ("▁▁", "▁▁"), ("▁▁", "▁"), ("▁▁▁▁", "▁▁▁▁")]:
        if a + b not in vocab:
            vocab[a + b] = len(vocab)
            merges.append((a, b))
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.add_special_tokens(special)
    tail = [decoders.ByteFallback(), decoders.Fuse()]
    if prefix == "normalizer":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " ")] + tail + [decoders.Strip(" ", 1, 0)])
    elif prefix == "first":
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " ")] + tail + [decoders.Strip(" ", 1, 0)])
    else:
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " ")] + tail)
    return tokenizer


def bos(tokenizer, name):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{name} $A", pair=f"{name} $A {name} $B", special_tokens=[(name, tokenizer.token_to_id(name))])
    return tokenizer


def kinds(lines, size):
    yield "gpt2", byte_level(lines, size, pre_tokenizers.ByteLevel(add_prefix_space=False), ["<|endoftext|>"]), None
    yield "gpt2-prefix", byte_level(lines, size, pre_tokenizers.ByteLevel(add_prefix_space=True), ["<|endoftext|>"]), None
    yield "smollm", byte_level(
        lines, size, pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]),
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]), None
    llama3 = byte_level(lines, size, split(LLAMA3), [], ignore_merges=True)
    llama3.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"])
    llama3.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), bos(llama3, "<|begin_of_text|>").post_processor])
    yield "llama3", llama3, {"bos_token": "<|begin_of_text|>", "eos_token": {"content": "<|eot_id|>"}}
    qwen = byte_level(lines, size, split(QWEN2), [], normalizer=normalizers.NFC())
    qwen.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    qwen.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("</tool_call>", normalized=False),
                     AddedToken("New York", normalized=True)])
    yield "qwen2", qwen, {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "add_bos_token": False}
    special = ["<unk>", "<s>", "</s>"]
    yield "llama2", bos(sentence_piece(lines, size, special, "normalizer"), "<s>"), {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    yield "llama2-metaspace", bos(sentence_piece(lines, size, special, "first"), "<s>"), {"bos_token": "<s>", "eos_token": "</s>"}
    yield "gemma", bos(sentence_piece(lines, size, ["<pad>", "<eos>", "<bos>", "<unk>"], None), "<bos>"), {"bos_token": "<bos>", "eos_token": "<eos>"}
    phi = sentence_piece(lines, size, special, "normalizer")
    phi.add_special_tokens([AddedToken("<|end|>", rstrip=True, normalized=False), AddedToken("<|user|>", lstrip=True, rstrip=True, normalized=False)])
    phi.add_tokens([AddedToken("word", single_word=True, normalized=False)])
    yield "phi3", phi, None
    qwen35 = byte_level(lines, size, split(QWEN35), [], normalizer=normalizers.NFC())
    qwen35.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    yield "qwen35", qwen35, {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "add_bos_token": False}


EXTRA = [
    "", " ", "\n", "a", "<|endoftext|>", "x <|im_end|> y", "<s>hi</s>", " <s> hi </s> ", "<|begin_of_text|>a<|eot_id|>", "<tool_call>{}</tool_call>",
    "a  <|user|> \n b <|end|>  c", "word words aword word, word", "in New York now", "New  York", "e\u0301 \u1100\u1161 Å", "▁a ▁▁ b", "<0x41><unk>",
]


def main():
    out, size = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 700
    if len(sys.argv) > 3:
        lines = [json.loads(l) for l in open(sys.argv[3], encoding="utf-8")]
        texts = lines
    else:
        spec = importlib.util.spec_from_file_location("corpus", Path(__file__).with_name("make-text-corpus.py"))
        corpus = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(corpus)
        lines = corpus.odd(400) + corpus.scalars(300) + corpus.messages(200) + corpus.text_lines(
            [os.path.dirname(os.__file__) + "/*.py"], 40, 400)
        texts = random.Random(3).sample(lines, 110)
    texts = EXTRA + texts
    # A vocabulary that has learnt the names of special tokens would spell them by merges, which finetuned never lets text do.
    lines = [line for line in lines if "<" not in line]
    for name, tokenizer, config in kinds(lines, size):
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        if config:
            (folder / "tokenizer_config.json").write_text(json.dumps(config) + "\n")
        rows = []
        for text in texts:
            tokenizer.encode_special_tokens = True
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            tokenizer.encode_special_tokens = False
            parsed = tokenizer.encode(text).ids
            rows.append({"text": text, "ids": ids, "parsed": parsed, "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
        (out / f"{name}.json").write_text(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).replace("},{", "},\n{") + "\n")
        print(name, tokenizer.get_vocab_size(), "tokens")


if __name__ == "__main__":
    main()
