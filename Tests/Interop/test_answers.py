"""What a model answers by OpenAI's API, asked by the official client over the socket of a real daemon: chat, texts, decisions."""
import asyncio
import json
import math
import os
import pathlib
import re

import httpx2
import openai
import pydantic
import pytest
from daemon import Daemon, eventually, folder
from openai.types import Completion, Decision, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.fine_tuning.alpha import GraderRunResponse, GraderValidateResponse
from openai.types.responses import Response, ResponseStreamEvent

import strictly

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = pathlib.Path(os.environ.get("FINETUNED_TEST_MODELS", ROOT / "models"))
GGUF = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"
SETTINGS = 'quiet_seconds = 0.1\nscan_seconds = 0.5\nminimum_free = "1M"\n'
PIPELINE = """
base = "smol"
promote = "manual"
[trigger]
settle_seconds = 0.1
minimum_rows = 1
[recipe]
learning_rate = 1e-3
epochs = 1
batch_rows = 8
rank = 4
[data]
gate_share = 0.4
[gates]
primary = "label_accuracy"
max_new_tokens = 4
"""
ANIMALS = "cat dog cow horse sheep goat duck goose frog bee wolf lion mouse camel zebra tiger otter panda koala raven".split()
TOOLS = [ANIMALS, "hammer saw pliers drill wrench chisel screwdriver spade rake axe file plane vise lathe anvil level ruler clamp crowbar trowel".split()]
ROWS = [(f"The {word} is mine.", label) for label, words in zip(["animal", "tool"], TOOLS) for word in words]
MESSAGES = [{"role": "user", "content": "Name three colours."}]
NAME = "ft:smol:local:things"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    assert GGUF.exists(), f"{GGUF} is absent. Run: make models"
    root = folder(tmp_path_factory.mktemp("answers"))
    (root / "etc/finetuned/finetuned.toml").write_text(SETTINGS)
    (root / "etc/finetuned/pipelines/things.toml").write_text(PIPELINE)
    daemon = Daemon(root)
    daemon.ftctl("base", "add", str(GGUF), "--id", "smol")
    template = ROOT / "Tests/Fixtures/templates/qwen2_5.jinja"
    daemon.ftctl("base", "add", str(GGUF), "--id", "calling", "--template", str(template))
    yield daemon
    daemon.stop()


@pytest.fixture(scope="module")
def client(daemon):
    return daemon.client()


@pytest.fixture(scope="module")
def document(client):
    return client.get("http://localhost/openapi.json", cast_to=object)


@pytest.fixture(scope="module")
def run(daemon, client):
    """A run that was judged, on rows of two classes."""
    drop = daemon.root / "var/lib/finetuned/drop/things"
    rows = daemon.root / "rows.jsonl"
    rows.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS))
    rows.rename(drop / "rows.jsonl")

    def judged():
        runs = client.get("/runs?pipeline=things", cast_to=object)
        assert not runs or runs[0]["state"] not in ("failed", "cancelled"), runs[0]
        return runs[0]["id"] if runs and runs[0]["state"] in ("accepted", "rejected", "inconclusive") else None

    return eventually(judged)


def raw(resource, **asked):
    """The bytes of an answer."""
    return resource.with_raw_response.create(**asked).http_response.read().decode()


def chat(client, **more):
    return {"model": "smol", "messages": MESSAGES, "temperature": 0, "max_tokens": 12, **more}


def test_whole_answers_are_strictly_the_clients_types(client, document):
    asked = chat(client, n=2, logprobs=True, top_logprobs=2, seed=7, temperature=0.8)
    text = raw(client.chat.completions, **asked)
    answer = strictly.against_type(ChatCompletion, text)
    strictly.against_openapi(document, "post", "/v1/chat/completions", json.loads(text))
    assert answer.model == "smol" and [choice.index for choice in answer.choices] == [0, 1]
    for choice in answer.choices:
        tokens = choice.logprobs.content
        assert bytes(byte for token in tokens for byte in token.bytes).decode().startswith(choice.message.content)
        assert all(len(token.top_logprobs) == 2 and token.logprob <= 0 for token in tokens)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    again = client.chat.completions.create(**asked)
    assert [c.message.content for c in again.choices] == [c.message.content for c in answer.choices]
    assert again.usage.prompt_tokens_details.cached_tokens > 0


def test_a_stream_says_what_the_whole_says(client, document):
    asked = chat(client, n=2, logprobs=True, top_logprobs=1, seed=3, temperature=0.9, stop=["e", "ue,"])
    whole = client.chat.completions.create(**asked)
    text = raw(client.chat.completions, **asked, stream=True, stream_options={"include_usage": True})
    assert text.endswith("data: [DONE]\n\n")
    chunks = [strictly.against_type(ChatCompletionChunk, json.dumps(event)) for event in strictly.events(text) if event]
    assert [c.choices[0].index for c in chunks[:2]] == [0, 1] and chunks[-1].usage == whole.usage
    assert not chunks[-1].choices and all(chunk.usage is None for chunk in chunks[:-1])
    for choice in whole.choices:
        parts = [c for chunk in chunks for c in chunk.choices if c.index == choice.index]
        assert "".join(part.delta.content or "" for part in parts) == choice.message.content
        assert [token for part in parts if part.logprobs for token in part.logprobs.content] == choice.logprobs.content
        assert [part.finish_reason for part in parts if part.finish_reason] == [choice.finish_reason]
        assert "e" not in choice.message.content
    plain = raw(client.chat.completions, **chat(client), stream=True)
    assert all(event["choices"] and "usage" not in event for event in strictly.events(plain) if event)


def test_the_clients_own_helpers_read_streams(client):
    with client.chat.completions.stream(**chat(client, max_tokens=200)) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta"} <= kinds
    assert final.choices[0].message.content == client.chat.completions.create(**chat(client, max_tokens=200)).choices[0].message.content


def test_an_answer_may_be_held_to_a_schema(client):
    class Colour(pydantic.BaseModel):
        name: str
        is_warm: bool

    parsed = client.chat.completions.parse(**chat(client, max_tokens=100), response_format=Colour)
    assert isinstance(parsed.choices[0].message.parsed, Colour)
    answer = client.chat.completions.create(**chat(client, max_tokens=60), response_format={"type": "json_object"})
    assert answer.choices[0].finish_reason == "length" or isinstance(json.loads(answer.choices[0].message.content), dict)
    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(**chat(client, max_tokens=2), response_format=Colour)


def test_tools_are_called(client):
    tool = {"type": "function", "function": {"name": "paint", "parameters": {
        "type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"], "additionalProperties": False}}}
    asked = chat(client, model="calling", tools=[tool], tool_choice="required", max_tokens=100)
    text = raw(client.chat.completions, **asked)
    answer = strictly.against_type(ChatCompletion, text).choices[0]
    assert answer.finish_reason == "tool_calls" and answer.message.content is None
    assert json.loads(answer.message.tool_calls[0].function.arguments)["colour"] in ("red", "blue")
    with client.chat.completions.stream(**asked) as stream:
        streamed = stream.get_final_completion().choices[0]
    called = streamed.message.tool_calls[0].function
    assert (called.name, called.arguments) == ("paint", answer.message.tool_calls[0].function.arguments)
    # What was called, and what came of it, is asked on.
    turns = [*MESSAGES, answer.message.to_dict(), {"role": "tool", "tool_call_id": answer.message.tool_calls[0].id, "content": "done"}]
    assert client.chat.completions.create(**{**asked, "messages": turns, "tool_choice": "none"}).choices[0].message.content
    with pytest.raises(openai.BadRequestError) as without:
        client.chat.completions.create(**{**asked, "model": "smol"})
    assert without.value.param == "tools"


def test_texts_go_on_and_are_scored(client, document):
    asked = {"model": "smol", "prompt": "The sky is", "temperature": 0, "max_tokens": 5, "logprobs": 1}
    text = raw(client.completions, **asked)
    answer = strictly.against_type(Completion, text).choices[0]
    strictly.against_openapi(document, "post", "/v1/completions", json.loads(text))
    whole = asked["prompt"] + answer.text
    scored = client.completions.create(model="smol", prompt=[whole, whole], echo=True, max_tokens=0, logprobs=1)
    assert [choice.index for choice in scored.choices] == [0, 1] and scored.usage.completion_tokens == 0
    for choice in scored.choices:
        told = choice.logprobs
        assert choice.text == whole and choice.finish_reason == "length"
        assert told.token_logprobs[0] is None and len({len(x) for x in (told.tokens, told.token_logprobs, told.top_logprobs, told.text_offset)}) == 1
        count = len(answer.logprobs.tokens)
        assert told.tokens[-count:] == answer.logprobs.tokens
        assert all(math.isclose(a, b, abs_tol=1e-5) for a, b in zip(told.token_logprobs[-count:], answer.logprobs.token_logprobs))
        assert [whole[start:] for start in told.text_offset[-count:]][0] == answer.text
    streamed = client.completions.create(**{**asked, "echo": True}, stream=True)
    assert "".join(chunk.choices[0].text for chunk in streamed) == whole


def test_responses_have_the_tokens_of_chat(client, document):
    for limit, status in [(12, "incomplete"), (400, "completed")]:
        asked = {"model": "smol", "input": MESSAGES, "temperature": 0, "max_output_tokens": limit, "top_logprobs": 1}
        said = client.chat.completions.create(**chat(client, max_tokens=limit, logprobs=True, top_logprobs=1)).choices[0]
        text = raw(client.responses, **asked)
        answer = strictly.against_type(Response, text)
        strictly.against_openapi(document, "post", "/v1/responses", json.loads(text))
        assert (answer.output_text, answer.status) == (said.message.content, status)
        told = answer.output[0].content[0].logprobs
        assert [(t.token, t.logprob) for t in told] == [(t.token, t.logprob) for t in said.logprobs.content]
        events = list(strictly.events(raw(client.responses, **asked, stream=True)))
        for event in events:
            pydantic.TypeAdapter(ResponseStreamEvent).validate_json(json.dumps(event), strict=True)
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        assert events[0]["type"] == "response.created" and events[-1]["type"] == f"response.{status}"
        assert events[-1]["response"]["output"][0]["content"] == json.loads(text)["output"][0]["content"]
    with client.responses.stream(**{**asked, "input": MESSAGES[0]["content"]}) as stream:
        assert stream.get_final_response().output_text == said.message.content
    with pytest.raises(openai.BadRequestError) as kept:
        client.responses.create(model="smol", input="a", previous_response_id=answer.id)
    assert kept.value.param == "previous_response_id"


def test_graders_are_tried_out(client, document):
    graders = client.fine_tuning.alpha.graders
    grader = {"type": "string_check", "name": "same", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.want}}"}
    text = graders.with_raw_response.validate(grader=grader).http_response.read().decode()
    strictly.against_type(GraderValidateResponse, text)
    text = graders.with_raw_response.run(grader=grader, model_sample="yes", item={"want": "yes"}).http_response.read().decode()
    assert strictly.against_type(GraderRunResponse, text).reward == 1
    strictly.against_openapi(document, "post", "/v1/fine_tuning/alpha/graders/run", json.loads(text))
    with pytest.raises(openai.BadRequestError) as unknown:
        graders.validate(grader={**grader, "type": "python"})
    assert unknown.value.param == "grader.type"


def test_a_classifier_decides_as_its_gates_judged_it(client, document, run):
    examples = client.get(f"/runs/{run}/examples?set=gate&limit=1000", cast_to=object)
    gates = [example["candidate"] for example in examples]
    assert len(gates) > 5
    labels = sorted(gates[0]["labelScores"])
    right, sure = [], []
    for row in gates:
        asked = {"model": run, "input": row["prompt"], "questions": [
            {"type": "choice", "name": "kind", "instructions": "", "choices": [{"value": label} for label in labels]}]}
        text = raw(client.decisions, **asked)
        decision = strictly.against_type(Decision, text)
        strictly.against_openapi(document, "post", "/v1/decisions", json.loads(text))
        assert re.fullmatch(NAME + ":[0-9a-f]{8}", decision.model) and decision.usage.output_tokens == 0
        answer = decision.answers[0]
        right.append(answer.choice == row["label"])
        sure.append(max(p.probability for p in answer.probabilities))
    report = client.get(f"/runs/{run}/report?format=json", cast_to=object)
    figures = report["run"]["scores"]["candidate"]["sets"]["gate"]["figures"]
    assert math.isclose(sum(right) / len(right), figures["label_accuracy"], abs_tol=1e-12)
    bins = [[] for _ in range(10)]
    for hit, confidence in zip(right, sure):
        bins[min(9, max(0, math.ceil(confidence * 10) - 1))].append(confidence - hit)
    assert math.isclose(sum(abs(sum(part)) for part in bins) / len(right), figures["ece"], abs_tol=1e-6)


def test_every_name_answers_and_says_which_version_it_was(client, run):
    # A run that was not promoted has the name that its version would have.
    version = client.chat.completions.create(**chat(client, model=run, max_tokens=1)).model
    assert re.fullmatch(NAME + ":[0-9a-f]{8}", version)
    for name, says in [("things", "smol"), (NAME, "smol"), (f"{NAME}:{run}", version), (version, version)]:
        answer = client.chat.completions.create(**chat(client, model=name, max_tokens=1))
        assert answer.model == says
    for model in client.models.list():
        strictly.against_type(Model, model.to_json())
        assert client.models.retrieve(model.id).object == "model"
        assert client.chat.completions.create(**chat(client, model=model.id, max_tokens=1)).model


def test_what_is_wrong_raises_the_clients_own_errors(client):
    wrong = [
        (openai.NotFoundError, "model_not_found", "model", {"model": "gpt-4o"}),
        (openai.BadRequestError, "context_length_exceeded", "messages", {"messages": [{"role": "user", "content": "word " * 9000}]}),
        (openai.BadRequestError, "request.value", "messages[0].content[0].type", {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}),
        (openai.BadRequestError, "request.value", "temperature", {"temperature": 3}),
        (openai.BadRequestError, "request.schema", "response_format.json_schema.schema.properties.a.contains", {
            "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"properties": {"a": {"contains": 1}}}}}}),
    ]
    for stream in (False, True):
        for kind, code, param, more in wrong:
            with pytest.raises(kind) as error:
                client.chat.completions.create(**chat(client, **more), stream=stream)
            assert (error.value.code, error.value.param) == (code, param), error.value
            assert error.value.request_id.startswith("req_") and error.value.type == "invalid_request_error"


def test_whoever_leaves_a_stream_is_not_waited_for(client):
    for _ in range(40):
        stream = client.chat.completions.create(**chat(client, max_tokens=4000), stream=True)
        next(iter(stream))
        stream.close()
    # More were begun than are worked at together: had they gone on, this one would wait for them.
    assert client.chat.completions.create(**chat(client, max_tokens=1)).choices


def test_asynchronous_clients_are_answered_alike(daemon, client):
    async def ask():
        transport = httpx2.AsyncHTTPTransport(uds=str(daemon.socket))
        async with openai.AsyncOpenAI(
            base_url="http://localhost/v1", api_key="unused", http_client=httpx2.AsyncClient(transport=transport)
        ) as other:
            answers = await asyncio.gather(*(other.chat.completions.create(**chat(client)) for _ in range(8)))
            stream = await other.chat.completions.create(**chat(client), stream=True)
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
            with pytest.raises(openai.NotFoundError):
                await other.chat.completions.create(**chat(client, model="nobody"))
            names = [model.id async for model in other.models.list()]
            return {answer.choices[0].message.content for answer in answers} | {"".join(pieces)}, names

    texts, names = asyncio.run(ask())
    assert texts == {client.chat.completions.create(**chat(client)).choices[0].message.content}
    assert "smol" in names
