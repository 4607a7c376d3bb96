#!/usr/bin/env python3
"""What a user would run instead: datasets to read, SHA-1 for exact and datasketch for near duplicates, tokenizers to count, Arrow to store.

    peer.py ROWS.jsonl          (pip install datasets datasketch tokenizers; TOKENIZER names a tokenizer.json)
"""
import hashlib, json, os, pathlib, resource, sys, tempfile, time

import datasets
from datasketch import MinHash, MinHashLSH
from tokenizers import Tokenizer

datasets.disable_progress_bars()
tokenizer = Tokenizer.from_file(os.environ.get("TOKENIZER", str(pathlib.Path(__file__).resolve().parents[2] / "models/smollm2-hf/tokenizer.json")))
start = time.time()
with tempfile.TemporaryDirectory() as cache:
    data = datasets.load_dataset("json", data_files=sys.argv[1], split="train", cache_dir=cache)
    data = data.filter(lambda r: isinstance(r["prompt"], str) and isinstance(r["completion"], str) and r["prompt"].strip() and r["completion"].strip()
                       and r["prompt"] != r["completion"])
    seen = set()

    def is_new(r):
        digest = hashlib.sha1((r["prompt"] + "\0" + r["completion"]).encode()).digest()
        return not (digest in seen or seen.add(digest))

    data = data.filter(is_new)
    lsh = MinHashLSH(threshold=0.8, num_perm=128)

    def is_alone(r, i):
        words = (r["prompt"] + " " + r["completion"]).lower().split()
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(words[j:j + 5]).encode() for j in range(max(1, len(words) - 4))])
        near = lsh.query(sketch)
        lsh.insert(str(i), sketch)
        return not near

    data = data.filter(is_alone, with_indices=True)
    data = data.map(lambda batch: {"tokens": [len(e.ids) for e in tokenizer.encode_batch([p + "\n" + c for p, c in zip(batch["prompt"], batch["completion"])])]},
                    batched=True)
    data.save_to_disk(os.path.join(cache, "out"))
    count = sum(1 for line in open(sys.argv[1]) if line.strip())
took = time.time() - start
print(json.dumps({"what": f"datasets {datasets.__version__} + datasketch + tokenizers", "kept": len(data), "rows_s": count / took,
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
