"""What a script for OpenAI's service does here, from its first file to a model that answers: one walk, whoever walks it.

`walk(api, place)` is written for the asynchronous client; `Awaited` makes a synchronous one walk it as well. By itself,
as `walk.py PLACE`, it walks with the client of the environment that runs it, both ways, on every way in that the
place names. The place is JSON: `{"ways": {NAME: {"socket" or "url", "key"}}, "prefix", "heard", "secret"}`.
"""
import asyncio
import json
import pathlib
import sys
import time

import openai
from openai.types.fine_tuning import FineTuningJobEvent

NEW = int(openai.__version__.split(".")[0]) >= 3
if NEW:
    import httpx2 as http
else:
    import httpx as http

OVER = ("succeeded", "failed", "cancelled")
QUESTION = [{"role": "user", "content": "q1"}]


class Awaited:
    """A synchronous client, or a part of one, whose calls can be awaited."""

    def __init__(self, thing):
        self.thing = thing

    def __getattr__(self, name):
        return Awaited(getattr(self.thing, name))

    async def __call__(self, *values, **names):
        return self.thing(*values, **names)


async def each(things):
    """What a list over pages or a stream gives, however the client gives it."""
    if not hasattr(things, "__aiter__"):
        things = await things
    if hasattr(things, "__aiter__"):
        async for thing in things:
            yield thing
    else:
        for thing in things:
            yield thing


async def one(page):
    """The first page of a list."""
    return await page


async def refused(kind, asked, code=None, param=None):
    """Awaits a call that has to be refused with one of the client's own errors."""
    try:
        await asked
    except kind as error:
        assert type(error) is kind and error.request_id.startswith("req_"), error
        assert code is None or error.code == code, error.code
        assert param is None or error.param == param, error.param
        return error
    raise AssertionError(f"{kind.__name__} did not come")


async def until(look):
    """Waits for something true; the bound only ends a hang."""
    for _ in range(3000):
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("what was waited for did not come")


def rows(count, first=0):
    turns = ([{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": "a"}] for n in range(first, first + count))
    return b"".join(json.dumps({"messages": list(row)}).encode() + b"\n" for row in turns)


async def files(api):
    """Files and uploads in parts; returns one to learn from."""
    sent = [(await api.files.create(file=(f"{n}.jsonl", rows(30)), purpose="fine-tune")).id for n in range(3)]
    listed = [file.id async for file in each(api.files.list(limit=2))]
    assert listed[:3] == sent[::-1] and len(listed) == len(set(listed)), (sent, listed)
    assert (await api.files.content(sent[0])).read() == rows(30)
    assert (await api.files.retrieve(sent[0])).filename == "0.jsonl"
    assert (await api.files.delete(sent[1])).deleted
    await refused(openai.NotFoundError, api.files.retrieve(sent[1]))
    upload = await api.uploads.create(
        bytes=len(rows(30)), filename="parts.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    half = len(rows(30)) // 2
    parts = [await api.uploads.parts.create(upload.id, data=data) for data in (rows(30)[:half], rows(30)[half:])]
    whole = await api.uploads.complete(upload.id, part_ids=[part.id for part in parts])
    assert (await api.files.content(whole.file.id)).read() == rows(30)
    await refused(openai.BadRequestError, api.files.create(file=b"x", purpose="vision"), "request.value", "purpose")
    return sent[0]


async def jobs(api, file, suffix):
    """A job from its making to its end, with its events, pages and checkpoints; returns it."""
    made = api.fine_tuning.jobs
    asked = {"model": "tiny", "training_file": file, "suffix": suffix, "seed": 7, "metadata": {"walk": suffix}}
    once = {"Idempotency-Key": suffix}
    job = await made.create(**asked, extra_headers=once, method={
        "type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 8}}})
    # An answer that was lost: the same again makes no second job.
    again = await made.create(**asked, extra_headers=once, method={
        "type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 8}}})
    assert again.id == job.id
    await refused(
        openai.BadRequestError, made.create(**{**asked, "seed": 8}, extra_headers=once), "idempotency_error")
    stream_class = openai.Stream if isinstance(api, Awaited) else openai.AsyncStream
    told = [event async for event in each(api.get(
        f"/fine_tuning/jobs/{job.id}/events", cast_to=FineTuningJobEvent, stream=True,
        stream_cls=stream_class[FineTuningJobEvent], options={"params": {"stream": "true"}}))]
    job = await made.retrieve(job.id)
    assert job.status == "succeeded" and told[0].message.startswith("Created fine-tuning job"), (job, told[-1:])
    assert [event.data["step"] for event in told if event.type == "metrics" and "train_loss" in event.data]
    listed = [event.id async for event in each(made.list_events(job.id, limit=3))]
    assert len(listed) == len(set(listed)) and {event.id for event in told} <= set(listed)
    mine = [one.id async for one in each(made.list(limit=1, metadata={"walk": suffix}))]
    assert mine == [job.id]
    points = [point async for point in each(made.checkpoints.list(job.id, limit=1))]
    assert len(points) == 2 and points[0].step_number > points[1].step_number
    table = (await api.files.content(job.result_files[0])).read().decode().splitlines()
    assert table[0].startswith("step,train_loss") and len(table) > 2
    answer = await api.chat.completions.create(
        model=points[0].fine_tuned_model_checkpoint, messages=QUESTION, max_tokens=1, temperature=0)
    assert answer.model == points[0].fine_tuned_model_checkpoint
    return job


async def orders(api, suffix):
    """A long job is paused, resumed and cancelled; what is over takes no order."""
    made = api.fine_tuning.jobs
    long = (await api.files.create(file=("long.jsonl", rows(300)), purpose="fine-tune")).id
    job = await made.create(model="tiny", training_file=long, suffix=suffix, hyperparameters={"n_epochs": 50, "batch_size": 1})
    await until(lambda: status(made, job, "running"))
    assert (await made.pause(job.id)).status == "queued"
    await refused(openai.ConflictError, made.pause(job.id))
    assert (await made.resume(job.id)).status == "queued"
    assert (await made.cancel(job.id)).status == "cancelled"
    for order in (made.cancel, made.pause, made.resume):
        error = await refused(openai.ConflictError, order(job.id))
        assert "is cancelled" in error.message and error.response.headers["x-should-retry"] == "false"


async def status(made, job, wanted):
    now = (await made.retrieve(job.id)).status
    assert now == wanted or now not in OVER, now
    return now == wanted


async def answers(api, model):
    """Chat in every form, texts, responses, decisions, and the names of models."""
    asked = {"model": model, "messages": QUESTION, "temperature": 0, "max_tokens": 6}
    whole = await api.chat.completions.create(**asked, logprobs=True, top_logprobs=2)
    text, tokens = whole.choices[0].message.content, whole.choices[0].logprobs.content
    assert whole.model == model and len(tokens[0].top_logprobs) == 2 and whole.usage.total_tokens > 0
    chunks = [chunk async for chunk in each(api.chat.completions.create(
        **asked, stream=True, stream_options={"include_usage": True}))]
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == text
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens and not chunks[-1].choices
    drawn = {**asked, "temperature": 1, "seed": 5, "n": 2}
    first, second = [await api.chat.completions.create(**drawn) for _ in range(2)]
    assert [c.message.content for c in first.choices] == [c.message.content for c in second.choices]
    cut = await api.chat.completions.create(**{**asked, "messages": [
        {"role": "developer", "content": "Be short."}, {"role": "user", "content": [{"type": "text", "text": "q1"}]}]})
    assert cut.choices[0].finish_reason in ("stop", "length")
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": False}
    held = await api.chat.completions.create(**{**asked, "max_tokens": 300, "temperature": 1.5}, seed=3, response_format={
        "type": "json_schema", "json_schema": {"name": "answer", "schema": schema}})
    assert isinstance(json.loads(held.choices[0].message.content)["ok"], bool)
    scored = await api.completions.create(model=model, prompt="q1", echo=True, max_tokens=0, logprobs=1)
    assert scored.choices[0].text == "q1" and scored.choices[0].logprobs.token_logprobs[0] is None
    response = await api.responses.create(model=model, input=QUESTION, temperature=0, max_output_tokens=16)
    said = await api.chat.completions.create(**{**asked, "max_tokens": 16})
    assert response.output_text == said.choices[0].message.content
    kinds = [event.type async for event in each(api.responses.create(model=model, input="q1", max_output_tokens=16, stream=True))]
    assert kinds[0] == "response.created" and kinds[-1] in ("response.completed", "response.incomplete")
    decided = await api.post("/decisions", cast_to=object, body={"model": model, "input": "q1", "questions": [
        {"type": "choice", "instructions": "", "choices": [{"value": "a"}, {"value": "b"}]}]})
    assert abs(sum(p["probability"] for p in decided["answers"][0]["probabilities"]) - 1) < 1e-6
    names = [known.id async for known in each(api.models.list())]
    assert model in names and len(names) == len(set(names)) and (await api.models.retrieve(model)).id == model


async def faults(api, way, model, suffix):
    """Each class of the client's errors that a caller can bring about."""
    asked = {"model": model, "messages": QUESTION, "max_tokens": 1}
    chat = api.chat.completions.create
    for stream in (False, True):
        await refused(openai.NotFoundError, chat(**{**asked, "model": "gpt-4o"}, stream=stream), "model_not_found", "model")
        await refused(openai.BadRequestError, chat(**asked, temperature=3, stream=stream), "request.value", "temperature")
        long = [{"role": "user", "content": "word " * 200}]
        await refused(openai.BadRequestError, chat(**{**asked, "messages": long}, stream=stream), "context_length_exceeded", "messages")
    await refused(openai.NotFoundError, api.get("/embeddings", cast_to=object), "unknown_url")
    await refused(openai.NotFoundError, api.fine_tuning.jobs.retrieve("ftjob-none"))
    await refused(openai.BadRequestError, api.fine_tuning.jobs.create(model="tiny", training_file="file-none"), "request.value", "training_file")
    few = await api.files.create(file=("few.jsonl", rows(3)), purpose="fine-tune")
    bad = await api.fine_tuning.jobs.create(model="tiny", training_file=few.id, suffix=suffix)
    await until(lambda: status(api.fine_tuning.jobs, bad, "failed"))
    assert (await api.fine_tuning.jobs.retrieve(bad.id)).error.param == "training_file"
    if "url" in way:
        stranger = way_clients({**way, "key": "ft-nonsense"})["sync" if isinstance(api, Awaited) else "async"]
        await refused(openai.AuthenticationError, one(stranger.models.list()), "invalid_api_key")


def receive(client, job, heard, secret):
    """What a receiver of webhooks got of the job, read by the client."""
    for _ in range(3000):
        for line in pathlib.Path(heard).read_text().splitlines():
            body, headers = json.loads(line)
            if job.id in body:
                event = client.webhooks.unwrap(body, headers, secret=secret)
                assert event.type == "fine_tuning.job.succeeded" and event.data.id == job.id
                return
        time.sleep(0.05)
    raise AssertionError("no receiver heard of the job")


async def walk(api, way, place, suffix):
    file = await files(api)
    job = await jobs(api, file, suffix)
    await orders(api, suffix)
    # What a small model has learnt may be to say nothing at all; its base talks.
    said = await api.chat.completions.create(model=job.fine_tuned_model, messages=QUESTION, max_tokens=2)
    assert said.model == job.fine_tuned_model
    await answers(api, "tiny")
    await faults(api, way, job.fine_tuned_model, suffix)
    receive(api.thing if isinstance(api, Awaited) else api, job, place["heard"], place["secret"])


def way_clients(way):
    """The client both ways on one way in."""
    more = {"api_key": way["key"], "base_url": way.get("url", "http://localhost/v1"), "max_retries": 0}
    plain, waiting = {}, {}
    if "socket" in way:
        plain = {"http_client": http.Client(transport=http.HTTPTransport(uds=way["socket"]))}
        waiting = {"http_client": http.AsyncClient(transport=http.AsyncHTTPTransport(uds=way["socket"]))}
    return {"sync": Awaited(openai.OpenAI(**more, **plain)), "async": openai.AsyncOpenAI(**more, **waiting)}


def all_ways(place):
    """Walks every way in with the client both ways."""
    for name, way in place["ways"].items():
        for kind, api in way_clients(way).items():
            asyncio.run(walk(api, way, place, f"{place['prefix']}-{name}-{kind}"))


if __name__ == "__main__":
    all_ways(json.loads(sys.argv[1]))
