"""Prints what the recorded curves say: bases before and after training, range test against grid, regularisation where one overfits.

usage: summary.py RECORDED_DIR
"""
import json
import pathlib
import sys


def best(curve):
    return min(point["loss"] for point in curve["validation"])


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    record = json.loads(path.read_text())
    curves = record.get("curves")
    if not curves:
        print(f"\n{path.stem}: not recorded yet")
        continue
    print(f"\n{path.stem}: {len(curves)} curves, {sum(c['tokens'] for c in curves.values())} tokens, {sum(c['seconds'] for c in curves.values()):.0f} s")
    if path.stem.startswith("defaults-"):
        for name, curve in curves.items():
            print(f"  {name:18} {best(curve):.3f} ({best(curve) / best(curves['default']) - 1:+.1%}), {curve['tokens'] / curves['default']['tokens']:.2f} of the tokens")
        continue
    if path.stem == "overfit":
        for name, curve in curves.items():
            losses = [p["loss"] for p in curve["validation"]]
            print(f"  {name:22} lowest {min(losses):.3f}, at the end {losses[-1]:.3f} ({losses[-1] / min(losses) - 1:+.0%}), training {curve['train'][-1]:.3f}")
        continue
    name, winner = min(curves.items(), key=lambda item: best(item[1]))
    score = record["score"]["figures"]
    per_nat = score["bits_per_byte"] / score["loss"]
    print(f"  before training {score['bits_per_byte']:.3f} bits per byte; after, the best setting ({name}): {best(winner):.3f} nats a token, {best(winner) * per_nat:.3f} bits per byte")
    rates, smoothed = record["range"]["learningRates"], record["range"]["smoothed"]
    lowest = rates[min(range(len(smoothed)), key=smoothed.__getitem__)]
    rank16 = {c["learningRate"]: best(c) for c in curves.values() if c["rank"] == 16}
    near = min(rank16, key=lambda rate: abs(rate / (lowest / 3) - 1))
    top = min(rank16, key=rank16.get)
    print(f"  range test: lowest loss at {lowest:.1e}, a third of it {lowest / 3:.1e} (nearest of the grid {near:g}: loss {rank16[near]:.3f}); best of the grid {top:g}: {rank16[top]:.3f}")
