"""What does writing a model in each format cost its loss? Measures what the artefact gate's tolerances are held against.

usage: tolerance.py [--models FILE,...] [--rows N] [--epochs E] [--work DIR] [--out FILE.json]

Rows are sentences of the project's own pages, the first words as the prompt. Each model is exported as it is, and once more after a LoRA
run on half of the rows; what is written is scored beside the model in memory on the other half. The table has, in nats a token, what the
worker refuses by (token by token) and what the gate judges by (row by row: a row's tokens may make each other good).
"""
import argparse
import json
import pathlib
import re
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Interop"))
import worker  # noqa: E402

FORMATS = ["peft", "gguf-lora", "huggingface-f32", "huggingface-f16", "huggingface-bf16", "gguf-f16", "gguf-q8_0"]


def sentences():
    """(prompt, completion) of every sentence of 12 to 40 words in the pages, each once."""
    found = {}
    for page in sorted((ROOT / "docs").glob("*.md")):
        text = re.sub(r"```.*?```|^[|#].*?$", "", page.read_text(), flags=re.S | re.M)
        for sentence in re.split(r"(?<=[.:])\s+", text.replace("\n", " ")):
            words = sentence.split()
            if 12 <= len(words) <= 40:
                found[" ".join(words[:6])] = " ".join(words[6:])
    return list(found.items())


def losses(model, adapters, held, folder):
    """The summed loss and the tokens of each row, as the gate has them."""
    task = {"model": worker.model(model, adapters=adapters), "sets": [{"name": "gate", "files": [held]}], "maxNewTokens": 0, "maxLength": 256}
    worker.run(folder, "evaluate", task)
    records = [json.loads(line) for line in (folder / "examples-gate.jsonl").read_text().splitlines()]
    return [(record["lossSum"], record["tokens"]) for record in records]


def measure(model, adapters, held, folder):
    """What the worker and the gate find of each format that `model` with its adapters can be written in."""
    found, wanted = {}, losses(model, adapters, held, folder / "wanted")
    for form in FORMATS:
        if form in ("peft", "gguf-lora") and not adapters:
            continue
        task = {"model": worker.model(model, adapters=adapters), "format": form, "check": [held], "checkLimit": held["rows"]}
        figures = worker.run(folder / form, "export", task)[0]["figures"]
        written = folder / form / "export"
        place = next(iter(sorted(written.glob("*.gguf"))), written)
        of = (model, [place]) if form in ("peft", "gguf-lora") else (place, [])
        rows = losses(*of, held, folder / f"{form}-rows")
        assert [tokens for _, tokens in rows] == [tokens for _, tokens in wanted], form
        apart = sum(abs(own[0] - other[0]) for own, other in zip(rows, wanted))
        found[form] = {"token": figures["mean_loss_difference"], "row": apart / sum(tokens for _, tokens in wanted)}
        shutil.rmtree(folder / form)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", default=",".join(str(path) for path in sorted(worker.MODELS.glob("*.gguf"))))
    parser.add_argument("--rows", type=int, default=128)
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--work")
    parser.add_argument("--out")
    options = parser.parse_args()
    rows = sentences()[:options.rows]
    table = {}
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(options.work or name)
        for path in map(pathlib.Path, options.models.split(",")):
            own = work / path.stem
            own.mkdir(parents=True, exist_ok=True)
            train, held = (worker.write_rows(own / f"{part}.jsonl", rows[first::2]) for part, first in (("train", 0), ("held", 1)))
            recipe = dict(worker.RECIPE, rank=16, alpha=32.0, learningRate=2e-4, epochs=options.epochs)
            trained, _, _ = worker.run(own / "train", "train", {"model": worker.model(path), "train": [train], "validation": [held], "recipe": recipe})
            adapter = trained["training"]["adapter"]["path"]
            for state, adapters in (("as it is", []), ("tuned", [adapter])):
                for form, figures in measure(path, adapters, held, own / state.replace(" ", "-")).items():
                    table.setdefault(form, {})[f"{path.stem}, {state}"] = figures
                    print(f"{path.stem}, {state}, {form}: {figures['token']:.6f} by tokens, {figures['row']:.6f} by rows", flush=True)
    names = max((list(by_model) for by_model in table.values()), key=len)
    print(f"\n| format | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for form, by_model in table.items():
        cells = [f"{by_model[name]['token']:.4f}, {by_model[name]['row']:.4f}" if name in by_model else "–" for name in names]
        print(f"| `{form}` | {' | '.join(cells)} |")
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(table, indent=1) + "\n")


main()
