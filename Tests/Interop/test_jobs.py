"""Fine-tuning jobs by OpenAI's API, asked by the official client over the socket of a real daemon.

Its worker is the tests' own, which trains at once, but for the last test.
"""
import base64
import http.server
import json
import queue
import threading

import httpx2
import openai
import pytest
from daemon import BINARIES, Daemon, eventually, folder
from openai.types.fine_tuning import FineTuningJobEvent
from worker import SMOL, require

import strictly

SETTINGS = """
quiet_seconds = 0.1
scan_seconds = 0.5
minimum_free = "1M"
[worker]
program = "{program}"
"""
OVER = ("succeeded", "failed", "cancelled")


def rows(count, answer="a", first=0):
    def row(n):
        turns = [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": answer}]
        return json.dumps({"messages": turns}).encode() + b"\n"

    return b"".join(row(n) for n in range(first, first + count))


def pairs(count):
    return b"".join(
        json.dumps({
            "input": {"messages": [{"role": "user", "content": f"q{n}"}]},
            "preferred_output": [{"role": "assistant", "content": "good"}],
            "non_preferred_output": [{"role": "assistant", "content": "bad"}],
        }).encode() + b"\n"
        for n in range(count)
    )


def start(path, program="fake-worker", pace=5):
    root = folder(path)
    (root / "etc/finetuned/finetuned.toml").write_text(SETTINGS.format(program=BINARIES / program))
    return Daemon(root, FAKE_WORKER_PACE=str(pace))


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    daemon = start(tmp_path_factory.mktemp("jobs"))
    base = daemon.root / "tiny.gguf"
    base.write_bytes(b"a base")
    daemon.ftctl("base", "add", str(base), "--id", "tiny")
    yield daemon
    daemon.stop()


@pytest.fixture
def client(daemon):
    return daemon.client().with_options(max_retries=0)


def keep(client, data, name="rows.jsonl"):
    return client.files.create(file=(name, data), purpose="fine-tune").id


def strict(answer):
    """The client does not validate what it is told, so that is done here: every type is as it says."""
    strictly.against_type(type(answer), answer.model_dump_json(), without=["finetuned"])
    return answer


def ended(client, job):
    def look():
        now = strict(client.fine_tuning.jobs.retrieve(job.id))
        return now if now.status in OVER else None

    return eventually(look)


def test_a_file_becomes_a_model(daemon, client):
    job = strict(client.fine_tuning.jobs.create(
        model="tiny", training_file=keep(client, rows(60)), suffix="Support Tickets", seed=7,
        metadata={"team": "x y"},
        method={"type": "supervised", "supervised": {"hyperparameters": {
            "n_epochs": 2, "batch_size": "auto", "learning_rate_multiplier": 0.5,
        }}},
    ))
    assert job.status in ("validating_files", "queued") and job.finetuned["pipeline"] == "support-tickets"
    job = ended(client, job)
    assert job.status == "succeeded" and job.error is None, job
    assert job.seed == 7 and job.metadata == {"team": "x y"}
    used = job.method.supervised.hyperparameters
    assert (used.n_epochs, used.batch_size, used.learning_rate_multiplier) == (2, 8, 0.5)
    details = job.finetuned
    assert details["learning_rate"] == pytest.approx(0.5 * 6e-4), details
    assert details["gates"] and details["verdict"] in ("pass", "fail", "inconclusive")
    assert job.fine_tuned_model.startswith("ft:tiny:local:support-tickets:")
    assert client.models.retrieve(job.fine_tuned_model).id == job.fine_tuned_model
    assert 'base = "tiny"' in daemon.ftctl("pipeline", "show", "support-tickets", "--toml")
    runs = json.loads(daemon.ftctl("run", "list", "--pipeline", "support-tickets", "--json"))
    assert [run["id"] for run in runs] == [details["run"]], "its drop starts no other run"


def test_the_same_file_and_settings_give_the_same_bytes(daemon, client):
    def adapter(file):
        job = ended(client, client.fine_tuning.jobs.create(model="tiny", training_file=file, suffix="again", seed=3))
        assert job.status == "succeeded"
        path = daemon.root / "var/lib/finetuned/runs" / job.finetuned["run"] / "adapter/adapter_model.safetensors"
        return path.read_bytes(), job

    file = keep(client, rows(50, "b"))
    first, one = adapter(file)
    # Other rows in between, and the same ones under another name and in another drop.
    adapter(keep(client, rows(40, "c", first=1000)))
    second, two = adapter(file)
    third, three = adapter(keep(client, rows(50, "b"), "other-name.jsonl"))
    assert first == second == third
    assert len({one.finetuned["run"], two.finetuned["run"], three.finetuned["run"]}) == 3


def test_a_job_goes_on_from_a_version_with_replay(client):
    first = ended(client, client.fine_tuning.jobs.create(
        model="tiny", training_file=keep(client, rows(80, "d")), suffix="chain"))
    eventually(lambda: client.fine_tuning.jobs.retrieve(first.id).finetuned["served_since"])
    second = ended(client, client.fine_tuning.jobs.create(
        model=first.fine_tuned_model, training_file=keep(client, rows(60, "e", first=500))))
    assert second.status == "succeeded" and second.finetuned["pipeline"] == "chain"
    assert second.model == first.fine_tuned_model


def test_events_come_by_pages_and_as_a_stream(client):
    job = client.fine_tuning.jobs.create(model="tiny", training_file=keep(client, rows(50)), suffix="events")
    stream = client.get(
        f"/fine_tuning/jobs/{job.id}/events", cast_to=FineTuningJobEvent, stream=True,
        stream_cls=openai.Stream[FineTuningJobEvent], options={"params": {"stream": "true"}},
    )
    told = [strict(event) for event in stream]
    assert client.fine_tuning.jobs.retrieve(job.id).status == "succeeded"
    messages = [event.message for event in told]
    assert messages[0].startswith("Created fine-tuning job") and any("kept for the gates" in text for text in messages)
    steps = [event.data["step"] for event in told if event.type == "metrics"]
    assert steps == list(range(1, 21)) and all(event.data["train_loss"] for event in told if event.type == "metrics")
    listed = [strict(event) for event in client.fine_tuning.jobs.list_events(job.id, limit=7)]
    assert {event.id for event in told} <= {event.id for event in listed} and len(listed) < len(told) + 5
    assert [event.created_at for event in listed] == sorted((event.created_at for event in listed), reverse=True)


def test_checkpoints_are_listed_and_have_names(client):
    job = ended(client, client.fine_tuning.jobs.create(
        model="tiny", training_file=keep(client, rows(50)), suffix="epochs", hyperparameters={"n_epochs": 5}))
    found = [strict(point) for point in client.fine_tuning.jobs.checkpoints.list(job.id, limit=2)]
    assert [point.step_number for point in found] == [20, 16, 12]
    assert all(point.metrics.train_loss and point.fine_tuning_job_id == job.id for point in found)
    names = [point.fine_tuned_model_checkpoint for point in found]
    listed = [model.id for model in client.models.list()]
    assert all(name in listed and client.models.retrieve(name).id == name for name in names)
    assert client.models.delete(names[-1]).deleted
    with pytest.raises(openai.NotFoundError) as gone:
        client.models.retrieve(names[-1])
    assert gone.value.code == "model_not_found"
    assert len(client.fine_tuning.jobs.checkpoints.list(job.id).data) == 2
    table = client.files.content(job.result_files[0]).text.splitlines()
    assert table[0] == "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
    assert len(table) == 21 and table[1].startswith("1,1.0,")
    assert client.files.retrieve(job.result_files[0]).purpose == "fine-tune-results"
    assert ended(client, job).result_files == job.result_files


def test_a_lost_answer_makes_no_second_job(daemon, client):
    key = {"Idempotency-Key": "once-1"}
    file = client.files.create(file=("a.jsonl", rows(30)), purpose="fine-tune", extra_headers={"Idempotency-Key": "f"})
    again = client.files.create(file=("a.jsonl", rows(30)), purpose="fine-tune", extra_headers={"Idempotency-Key": "f"})
    assert again == file
    with pytest.raises(openai.BadRequestError) as other:
        client.files.create(file=("a.jsonl", rows(31)), purpose="fine-tune", extra_headers={"Idempotency-Key": "f"})
    assert other.value.code == "idempotency_error"
    asked = {"model": "tiny", "training_file": file.id, "suffix": "once", "metadata": {"once": "1"}}
    found = []

    def ask():
        # A client that waits too little, and asks again by itself.
        impatient = daemon.client().with_options(max_retries=3, timeout=0.02)
        try:
            found.append(impatient.fine_tuning.jobs.create(**asked, extra_headers=key).id)
        except openai.APITimeoutError:
            pass

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = client.fine_tuning.jobs.create(**asked, extra_headers=key)
    daemon.stop()
    daemon.__init__(daemon.root, FAKE_WORKER_PACE="5")
    second = client.fine_tuning.jobs.create(**asked, extra_headers=key)
    assert second == first and set(found) <= {first.id}
    assert [job.id for job in client.fine_tuning.jobs.list(metadata={"once": "1"})] == [first.id]
    with pytest.raises(openai.BadRequestError) as other:
        client.fine_tuning.jobs.create(**{**asked, "seed": 1}, extra_headers=key)
    assert other.value.code == "idempotency_error"


def test_receivers_hear_of_jobs_in_openais_words(daemon, client, tmp_path):
    heard = queue.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            heard.put((self.rfile.read(int(self.headers["content-length"])), dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secret = "whsec_" + base64.b64encode(b"a secret of this test").decode()
    (tmp_path / "secret").write_text(secret)
    (daemon.root / "etc/finetuned/pipelines/told.toml").write_text(
        f'base = "tiny"\n[delivery]\nwebhook = "http://127.0.0.1:{server.server_port}/"\n'
        "webhook_local = true\n"
        f'webhook_secret_file = "{tmp_path / "secret"}"\n'
        'webhook_events = ["job_succeeded", "job_failed", "job_cancelled", "promoted"]\n'
    )
    eventually(lambda: "told" in daemon.ftctl("pipeline", "list"))
    good = client.fine_tuning.jobs.create(model="tiny", training_file=keep(client, rows(60)), suffix="told")
    client.fine_tuning.jobs.create(model="tiny", training_file=keep(client, rows(3)), suffix="told")
    types = {}
    while set(types) != {"fine_tuning.job.succeeded", "fine_tuning.job.failed", "finetuned.version.promoted"}:
        body, headers = heard.get(timeout=300)
        kind = json.loads(body)["type"]
        if kind.startswith("finetuned."):
            client.webhooks.verify_signature(body, headers, secret=secret)
            types[kind] = json.loads(body)
        else:
            types[kind] = client.webhooks.unwrap(body, headers, secret=secret)
    event = types["fine_tuning.job.succeeded"]
    assert type(event).__name__ == "FineTuningJobSucceededWebhookEvent" and event.data.id == good.id
    assert types["fine_tuning.job.failed"].data.id.startswith("ftjob-")
    assert types["finetuned.version.promoted"]["data"]["pipeline"] == "told"
    server.shutdown()


def test_answers_are_what_the_description_says(client):
    page = client.with_options(base_url="http://localhost").get("/openapi.json", cast_to=httpx2.Response).json()
    job = ended(client, client.fine_tuning.jobs.create(
        model="tiny", training_file=keep(client, rows(50)), suffix="described", metadata={"a": "b"}))
    bad = ended(client, client.fine_tuning.jobs.create(model="tiny", training_file=keep(client, rows(2)), suffix="d2"))
    root = "/fine_tuning/jobs"
    asked = [(root, root)]
    for one in (job, bad):
        asked += [(root + path, root + path.replace("{job}", one.id))
                  for path in ("/{job}", "/{job}/events", "/{job}/checkpoints")]
    for template, path in asked:
        answer = client.get(path, cast_to=httpx2.Response).json()
        strictly.against_openapi(page, "get", "/v1" + template, answer)


def test_preferences_are_learnt_as_pairs(client):
    method = {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.3, "n_epochs": 1}}}
    job = ended(client, client.fine_tuning.jobs.create(
        model="tiny", training_file=keep(client, pairs(60)), suffix="pairs", method=method))
    assert job.status == "succeeded" and job.method.type == "dpo"
    assert job.method.dpo.hyperparameters.beta == 0.3
    job = ended(client, client.fine_tuning.jobs.create(
        model="tiny", training_file=keep(client, rows(60)), suffix="no-pairs", method=method))
    assert job.status == "failed" and job.error.param == "training_file"
    assert "no rejected answer" in job.error.message


def test_bad_files_fail_their_jobs(client):
    bad = rows(20) + b'{"messages": 7}\n' + rows(20, first=100)
    for name, data, words in (("bad", bad, "line 21"), ("few", rows(9), "9 rows"), ("none", b"\x00\x01", "")):
        job = ended(client, client.fine_tuning.jobs.create(
            model="tiny", training_file=keep(client, data), suffix=name))
        assert job.status == "failed" and job.error.param == "training_file", job
        assert words in job.error.message and job.finished_at
    job = ended(client, client.fine_tuning.jobs.create(
        model="tiny", training_file=keep(client, rows(40)), validation_file=keep(client, b"{}\n"), suffix="v"))
    assert job.status == "failed" and job.error.param == "validation_file"


def test_what_is_wrong_is_refused_by_its_field(client):
    file = keep(client, rows(20))
    asked = {"model": "tiny", "training_file": file}
    for field, change in {
        "training_file": {"training_file": "file-none"},
        "validation_file": {"validation_file": "ftjob-1"},
        "seed": {"seed": -1},
        "suffix": {"suffix": "***"},
        "hyperparameters.n_epochs": {"hyperparameters": {"n_epochs": 51}},
        "method.type": {"method": {"type": "reinforcement"}},
        "integrations": {"integrations": [{"type": "wandb", "wandb": {"project": "p"}}]},
        "metadata.a": {"metadata": {"a": 1}},
    }.items():
        with pytest.raises(openai.BadRequestError) as error:
            client.fine_tuning.jobs.create(**{**asked, **change})
        assert error.value.param == field and error.value.request_id
    with pytest.raises(openai.NotFoundError) as unknown:
        client.fine_tuning.jobs.create(**{**asked, "model": "gpt-9"})
    assert unknown.value.code == "model_not_found" and "tiny" in unknown.value.message


def test_a_job_is_paused_resumed_and_cancelled(daemon, client):
    daemon.stop()
    daemon.__init__(daemon.root, FAKE_WORKER_PACE="100")
    job = client.fine_tuning.jobs.create(model="tiny", training_file=keep(client, rows(40)), suffix="slow")
    eventually(lambda: client.fine_tuning.jobs.retrieve(job.id).status == "running")
    paused = strict(client.fine_tuning.jobs.pause(job.id))
    assert paused.status == "queued" and paused.finetuned["paused_by"]
    with pytest.raises(openai.ConflictError):
        client.fine_tuning.jobs.pause(job.id)
    daemon.stop()
    daemon.__init__(daemon.root, FAKE_WORKER_PACE="100")
    assert client.fine_tuning.jobs.retrieve(job.id).status == "queued"
    client.fine_tuning.jobs.resume(job.id)
    eventually(lambda: client.fine_tuning.jobs.retrieve(job.id).status == "running")
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    for order in (client.fine_tuning.jobs.cancel, client.fine_tuning.jobs.pause, client.fine_tuning.jobs.resume):
        with pytest.raises(openai.ConflictError) as over:
            order(job.id)
        assert "is cancelled" in over.value.message and over.value.response.headers["x-should-retry"] == "false"


def test_lists_have_each_job_once(client):
    file = keep(client, rows(9))
    sent = [
        client.fine_tuning.jobs.create(model="tiny", training_file=file, suffix="few", metadata={"list": "x y"}).id
        for _ in range(5)
    ]
    assert [job.id for job in client.fine_tuning.jobs.list(limit=2, metadata={"list": "x y"})] == sent[::-1]
    everything = [job.id for job in client.fine_tuning.jobs.list(limit=3)]
    assert len(everything) == len(set(everything)) and everything[:5] == sent[::-1]
    with pytest.raises(openai.BadRequestError) as cursor:
        client.fine_tuning.jobs.list(after="ftjob-none")
    assert cursor.value.param == "after"
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.retrieve(file)


def test_the_real_engine_gives_the_same_bytes_and_keeps_its_epochs(tmp_path):
    daemon = start(tmp_path, "finetune-worker")
    client = daemon.client().with_options(max_retries=0)
    daemon.ftctl("base", "add", require(SMOL, "Run: make models"), "--id", "smol")
    (daemon.root / "etc/finetuned/pipelines/real.toml").write_text(
        'base = "smol"\n[recipe]\nlearning_rate = 1e-3\nrank = 4\nlast_layers = 1\n'
        "[data]\ngate_share = 0.3\nvalidation_share = 0.2\n[gates]\nmax_new_tokens = 1\n"
    )
    eventually(lambda: "real" in daemon.ftctl("pipeline", "list"))
    file = keep(client, rows(24, "b"))

    def train():
        job = ended(client, client.fine_tuning.jobs.create(
            model="smol", training_file=file, suffix="real", seed=5, hyperparameters={"n_epochs": 2, "batch_size": 8}))
        assert job.status == "succeeded", (job, (daemon.root / "log").read_text()[-4000:])
        return daemon.root / "var/lib/finetuned/runs" / job.finetuned["run"], job

    (first, _), (second, job) = train(), train()
    name = "adapter_model.safetensors"
    assert (first / "adapter" / name).read_bytes() == (second / "adapter" / name).read_bytes()
    points = client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert len(points) == 2 and points[0].step_number == 2 * points[1].step_number
    assert all(strict(point).metrics.full_valid_loss for point in points)
    for point in points:
        kept = second / "epochs" / f"step-{point.step_number}"
        assert sorted(path.name for path in kept.iterdir()) == ["adapter_config.json", name, "epoch.json"]
        assert client.models.retrieve(point.fine_tuned_model_checkpoint).owned_by == "local"
        same = (kept / name).read_bytes() == (second / "adapter" / name).read_bytes()
        assert same == (kept / name).samefile(second / "adapter" / name), "what is equal is on the disk once"
    said = daemon.ftctl("generate", "real", "q1", "--model", points[0].fine_tuned_model_checkpoint,
                        "--max-new-tokens", "1")
    assert said
    daemon.stop()
