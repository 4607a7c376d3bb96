#!/usr/bin/env python3
"""Hold the linear model of every evaluation against scikit-learn's on the same draws of the same rows.

usage: compare.py BENCH ROWS.jsonl [TEST_ROWS [SIZE ...]]

BENCH is the built bench-yardstick, ROWS.jsonl what tools/debian_sections.py OUT.jsonl 0 11000 writes. The last TEST_ROWS
(5000) rows judge; of the others SIZE rows are drawn five times, and both learn each draw. Leaves by 1 where the means
differ by more than 1.5 points. Needs scikit-learn.
"""
import json
import random
import subprocess
import sys
import tempfile

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

DRAWS, MOST = 5, 0.015


def reference(train, test):
    """Accuracy of TF-IDF of words (1-2) and characters (2-5) with logistic regression."""
    model = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        ),
        LogisticRegression(C=20, max_iter=300),
    )
    # The question is the same in every row; the worker leaves out by itself what every row has.
    texts = [[row["prompt"].split("\n", 1)[-1] for row in rows] for rows in (train, test)]
    model.fit(texts[0], [row["completion"] for row in train])
    return model.score(texts[1], [row["completion"] for row in test])


def ours(bench, train, test):
    """Accuracy and seconds of the worker's model."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for row in train + test:
            file.write(json.dumps(row) + "\n")
        file.flush()
        command = [bench, file.name, str(len(test)), str(len(train))]
        _, accuracy, seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(accuracy), float(seconds)


def main():
    bench, path, *rest = sys.argv[1:]
    held, *sizes = [int(word) for word in rest] or [5000]
    rows = [json.loads(line) for line in open(path)]
    test, others = rows[-held:], rows[:-held]
    worst = 0.0
    print("rows  scikit-learn  ours    difference  seconds")
    for size in sizes or [100, 400, 800, 1500, 3000]:
        draws = [random.Random(draw).sample(others, size) for draw in range(DRAWS)]
        theirs = sum(reference(draw, test) for draw in draws) / DRAWS
        found = [ours(bench, draw, test) for draw in draws]
        accuracy = sum(pair[0] for pair in found) / DRAWS
        worst = max(worst, abs(accuracy - theirs))
        seconds = max(pair[1] for pair in found)
        print(f"{size:5d}  {theirs:.4f}        {accuracy:.4f}  {accuracy - theirs:+.4f}     {seconds:.2f}", flush=True)
    sys.exit(1 if worst > MOST else 0)


if __name__ == "__main__":
    main()
