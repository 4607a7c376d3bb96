"""The whole loop by the official client: ask, correct, and the next model answers as it was corrected."""
import os
import pathlib

import openai
import pytest
from daemon import ROOT, Daemon, eventually, folder

MODEL = pathlib.Path(os.environ.get("FINETUNED_TEST_MODELS", ROOT / "models")) / "SmolLM2-135M-Instruct.Q4_1.gguf"
SETTINGS = """
base = "smollm2"
[trigger]
settle_seconds = 0
[data]
gate_share = 0.8
near_duplicate_similarity = 0.99
validation_share = 0.1
[recipe]
learning_rate = 0.002
epochs = 12
[feedback]
settle = 20
"""
WORDS = """apple bridge candle dragon engine forest garden hammer island jacket kettle ladder magnet needle orange pencil
quartz ribbon saddle ticket umbrella violin window yellow zipper anchor basket copper desert eleven falcon goblet harbor
insect jungle kitten lemon mirror nickel oyster pepper quiver rocket silver tunnel urchin velvet walnut xylem yogurt""".split()


@pytest.fixture
def daemon(tmp_path):
    assert MODEL.exists(), f"{MODEL} is absent. Run: make models"
    root = folder(tmp_path)
    (root / "etc/finetuned/pipelines/codes.toml").write_text(SETTINGS)
    (root / "etc/finetuned/finetuned.toml").write_text('quiet_seconds = 0.1\nminimum_free = "1M"\n')
    daemon = Daemon(root)
    daemon.ftctl("base", "add", str(MODEL), "--id", "smollm2")
    yield daemon
    daemon.stop()


def question(word):
    return f"Give me the code of {word}."


def code(word):
    return f"CODE {word} END"


def ask(client, text, **more):
    return client.chat.completions.create(
        model="codes", messages=[{"role": "user", "content": text}], temperature=0, max_completion_tokens=16, **more)


def test_corrections_become_a_better_model(daemon):
    client = daemon.client()
    judging = daemon.root / "judging.jsonl"
    judging.write_text("".join(
        f'{{"prompt": "{question(word)}", "completion": "{code(word)}"}}\n' for word in WORDS[20:]))
    daemon.ftctl("drop", "codes", str(judging), "--wait")

    answers = [ask(client, question(word), store=True, metadata={"word": word}) for word in WORDS[:20]]
    assert all(code(word) not in answer.choices[0].message.content for word, answer in zip(WORDS, answers))
    assert [kept.id for kept in client.chat.completions.list(limit=7)] == [answer.id for answer in answers]
    chosen = client.chat.completions.list(metadata={"word": "dragon"}).data
    assert [kept.metadata for kept in chosen] == [{"word": "dragon"}]
    message = client.chat.completions.messages.list(chosen[0].id).data[0]
    assert message.content == question("dragon")

    for index, (word, answer) in enumerate(zip(WORDS, answers)):
        said = {"completion_id": answer.id, "rating": "bad", "correction": code(word), "by": f"user-{index % 7}"}
        for _ in range(2):
            client.post("/feedback", cast_to=object, body=said)
    def served():
        return [v["version"]["id"] for v in client.get("/pipelines/codes/versions", cast_to=object) if "current" in v["aliases"]]

    version = eventually(served)[0]
    eventually(lambda: ask(client, question("apple")).model.split(":")[-1] == version[2:10])
    for word in WORDS[:20]:
        assert ask(client, question(word)).choices[0].message.content.strip() == code(word)
    paraphrased = [ask(client, f"Please give me the code of {word}.").choices[0].message.content.strip() for word in WORDS[:20]]
    assert sum(text == code(word) for text, word in zip(paraphrased, WORDS)) >= 16

    # What is deleted is nowhere, and neither is the row that was made of it.
    gone = answers[3]
    assert client.chat.completions.delete(gone.id).deleted
    with pytest.raises(openai.NotFoundError, match="was deleted"):
        client.chat.completions.retrieve(gone.id)
    for identifier in (gone.id, "chatcmpl-never"):
        with pytest.raises(openai.NotFoundError):
            client.post("/feedback", cast_to=object, body={"completion_id": identifier, "rating": "good"})
    feedback = daemon.root / "var/lib/finetuned/feedback/codes"
    assert not (feedback / f"{gone.id}.json").exists()
    assert not any("dragon" in path.read_text() for path in feedback.glob("*.json"))
