#!/usr/bin/env python3
"""Remakes Tests/Fixtures/statistics and Tests/Fixtures/metrics from scipy, statsmodels, scikit-learn, rouge-score, sacrebleu and nltk.

    pip install scipy==1.17.1 statsmodels==0.15.0 scikit-learn==1.9.1 rouge-score==0.1.2 sacrebleu==2.6.0 nltk==3.10.4
    python tools/make-judge-fixtures.py
"""
import json, math, pathlib, random

import numpy as np
import sacrebleu
from nltk.translate.gleu_score import sentence_gleu
from rouge_score import rouge_scorer
from scipy import stats
from sklearn import metrics as sk
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
rng = random.Random(7)


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def statistics():
    out = {}
    P = [1e-12, 1e-6, 0.001, 0.025, 0.05, 0.3, 0.5, 0.8, 0.95, 0.999, 1 - 1e-9]
    out["normal"] = [{"p": p, "z": float(stats.norm.ppf(p))} for p in P]
    out["t"] = [{"p": p, "df": d, "t": float(stats.t.ppf(p, d))} for p in [0.001, 0.05, 0.4, 0.9, 0.999] for d in [1, 2.5, 10, 200]]
    out["beta"] = [{"p": p, "a": a, "b": b, "x": float(stats.beta.ppf(p, a, b))} for p in [0.001, 0.05, 0.5, 0.99]
                   for a, b in [(0.5, 0.5), (1, 30), (12, 3), (400, 700)]]
    out["chi2"] = [{"x": x, "df": d, "sf": float(stats.chi2.sf(x, d)), "q": float(stats.chi2.ppf(0.95, d))}
                   for x in [0.1, 1, 5, 40] for d in [1, 3, 20]]
    out["binomial"] = [{"k": k, "n": n, "p": p, "cdf": float(stats.binom.cdf(k, n, p)), "pmf": float(stats.binom.pmf(k, n, p))}
                       for k, n, p in [(0, 5, .3), (3, 10, .5), (40, 100, .37), (900, 2000, .47)]]
    out["mcnemar"] = []
    for b, c in [(0, 0), (5, 0), (10, 3), (3, 10), (40, 25), (120, 90)]:
        n = b + c
        out["mcnemar"].append({
            "gained": b, "lost": c,
            "two": float(mcnemar([[10, b], [c, 10]], exact=True).pvalue) if n else 1.0,
            "greater": float(stats.binomtest(b, n, .5, alternative="greater").pvalue) if n else 1.0})
    out["wilson"] = [{"k": k, "n": n, "lo": float(lo), "hi": float(hi)} for k, n in [(0, 10), (3, 10), (10, 10), (431, 1000)]
                     for lo, hi in [proportion_confint(k, n, method="wilson")]]
    ps = [0.01, 0.04, 0.03, 0.005, 0.5]
    out["holm"] = {"p": ps, "adjusted": [float(v) for v in multipletests(ps, method="holm")[1]]}
    out["ks"] = []
    for n, m, shift in [(8, 11, 0.8), (20, 30, 0.0), (60, 50, 0.4), (400, 300, 0.1)]:
        x = [round(rng.gauss(0, 1), 6) for _ in range(n)]
        y = [round(rng.gauss(shift, 1), 6) for _ in range(m)]
        exact = n * m <= 10_000
        d = stats.ks_2samp(x, y, method="exact" if exact else "asymp")
        p = d.pvalue if exact else stats.kstwobign.sf(math.sqrt(n * m / (n + m)) * d.statistic)
        out["ks"].append({"x": x, "y": y, "d": float(d.statistic), "p": float(p)})
    tables = [[[10, 20, 30], [6, 9, 17]], [[30, 5], [10, 25]], [[3, 4, 5, 6], [9, 1, 2, 2], [7, 7, 7, 7]]]
    out["chisquare"] = [{"table": t, "x": float(r.statistic), "p": float(r.pvalue), "df": int(r.dof)}
                        for t in tables for r in [stats.chi2_contingency(t, correction=False)]]
    x = [rng.random() for _ in range(40)]
    y = [round(2 * v + rng.gauss(0, .5), 1) for v in x]
    lin = stats.linregress(x, y)
    out["pairs"] = {"x": x, "y": y, "slope": float(lin.slope), "intercept": float(lin.intercept), "r2": float(lin.rvalue ** 2), "p": float(lin.pvalue),
                    "error": float(lin.stderr), "quantiles": [float(v) for v in np.quantile(y, [0, .1, .5, .77, 1])]}
    d = [rng.gauss(0.05, 0.3) for _ in range(80)]
    boot = stats.bootstrap((np.array(d),), np.mean, confidence_level=.9, n_resamples=20000, method="BCa", rng=np.random.default_rng(3))
    out["bootstrap"] = {"d": d, "lo": float(boot.confidence_interval.low), "hi": float(boot.confidence_interval.high),
                        "t_lo": float(np.mean(d) - stats.t.ppf(.95, 79) * np.std(d, ddof=1) / math.sqrt(80)),
                        "t_p": float(stats.ttest_1samp(d, 0, alternative="greater").pvalue)}
    write(ROOT / "statistics" / "reference.json", out)


TEXTS = [
    ("The cat sat on the mat.", "The cat is sitting on the mat."),
    ("police kill the gunman", "the gunman was killed by police"),
    ("", "an empty answer"), ("something", ""), ("same words here now", "same words here now"),
    ("Generalizations of the flying foxes' possibilities, 1,234.5 times!", "A generalization about flying fox possibility: 1234.5 times"),
    ("tool for the analysis of network traffic -- GUI (Qt5)", "GUI network traffic analyzer"),
    ("&quot;Hello&quot; &amp; bye-bye 10-20 U.S.A.", "\"Hello\" & bye bye 10 - 20 U.S.A."),
    ("Größe über alles — naïve café", "größe uber alles: naive café"),
    ("日本語 の テスト です", "日本語のテストです。"), ("a a a a a b", "a b c d e f"),
    ("the library provides the shared runtime files", "this package provides the shared library"),
    ("dying skies proceed; relational conditional rationally hopefully callousness", "die sky proceeds relate condition rational hope callous"),
    ("development files (static) for libfoo", "development files for libfoo\nand more\n"),
    ("happily flies fully analogies biologically tied ties", "happy fly full analogy biology tie tie"),
    ("multiply adjustment controlling failing hissing sized fizzed agreed", "multipliers adjustable controlled fails hiss size fizz agree"),
]


def texts():
    rows = []
    rouge = {s: rouge_scorer.RougeScorer(["rouge1", "rouge2", "rouge3", "rougeL"], use_stemmer=s) for s in (False, True)}
    for hyp, ref in TEXTS:
        row = {"hyp": hyp, "ref": ref}
        for stem, scorer in rouge.items():
            got = scorer.score(ref, hyp)
            row["rouge_stem" if stem else "rouge"] = {k: [v.precision, v.recall, v.fmeasure] for k, v in got.items()}
        row["bleu"] = sacrebleu.sentence_bleu(hyp, [ref]).score
        row["chrf"] = sacrebleu.sentence_chrf(hyp, [ref]).score
        row["tokens"] = sacrebleu.metrics.BLEU().tokenizer(hyp).split()
        row["gleu"] = sentence_gleu([ref.split()], hyp.split()) if hyp.split() else 0.0
        rows.append(row)
    hyps, refs = [h for h, _ in TEXTS], [r for _, r in TEXTS]
    good = [(h, r) for h, r in TEXTS if r]
    write(ROOT / "metrics" / "texts.json", {
        "rows": rows,
        "corpus_bleu": sacrebleu.corpus_bleu([h for h, _ in good], [[r for _, r in good]]).score,
        "corpus_chrf": sacrebleu.corpus_chrf([h for h, _ in good], [[r for _, r in good]]).score})


def stems():
    from nltk.stem.porter import PorterStemmer
    words = sorted({w for h, r in TEXTS for w in (h + " " + r).lower().split() if w.isascii() and w.isalpha()} | set(
        "caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled sized hopping tanned falling hissing "
        "fizzed failing filing happy sky relational conditional rational valenci hesitanci digitizer conformabli radicalli differentli vileli "
        "analogousli vietnamization predication operator feudalism decisiveness hopefulness callousness formaliti sensitiviti sensibiliti "
        "triplicate formative formalize electriciti electrical hopeful goodness revival allowance inference airliner gyroscopic adjustable "
        "defensible irritant replacement adjustment dependent adoption homologou communism activate angulariti homologous effective bowdlerize "
        "probate rate cease controll roll news innings enjoying playing says dies spied flies owed ion tion apology fulfilli dully".split()))
    stemmer = PorterStemmer()
    write(ROOT / "metrics" / "stems.json", {w: stemmer.stem(w) for w in words})


def labels():
    classes = ["admin", "devel", "games", "libs"]
    truth = [rng.choice(classes) for _ in range(120)]
    said = [t if rng.random() < .7 else rng.choice(classes + ["nonsense"]) for t in truth]
    out = {"truth": truth, "said": said, "accuracy": sk.accuracy_score(truth, said), "mcc": sk.matthews_corrcoef(truth, said),
           "balanced": sk.balanced_accuracy_score(truth, said), "kappa": sk.cohen_kappa_score(truth, said)}
    for average in ["macro", "micro", "weighted"]:
        p, r, f, _ = sk.precision_recall_fscore_support(truth, said, average=average, labels=classes, zero_division=0)
        out[average] = [float(p), float(r), float(f)]
    p, r, f, s = sk.precision_recall_fscore_support(truth, said, labels=classes, zero_division=0)
    out["classes"] = {c: [float(p[i]), float(r[i]), float(f[i]), int(s[i])] for i, c in enumerate(classes)}
    confidence = [round(rng.uniform(.2, 1), 4) for _ in truth]
    right = [int(rng.random() < c * .9) for c in confidence]
    bins = np.clip(np.ceil(np.array(confidence) * 10).astype(int) - 1, 0, 9)
    ece = sum((bins == b).sum() / len(bins) * abs(np.array(right)[bins == b].mean() - np.array(confidence)[bins == b].mean())
              for b in range(10) if (bins == b).any())
    out |= {"confidence": confidence, "right": right, "ece": float(ece)}
    write(ROOT / "metrics" / "labels.json", out)


statistics(); texts(); stems(); labels()
