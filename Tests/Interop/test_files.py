"""Files by OpenAI's API, asked by the official client over the socket of a real daemon."""
import os
import subprocess

import openai
import pytest
from daemon import Daemon, folder

ROWS = b"".join(
    b'{"messages":[{"role":"user","content":"q%d"},{"role":"assistant","content":"a"}]}\n' % n for n in range(20)
)


@pytest.fixture
def root(tmp_path):
    return folder(tmp_path)


@pytest.fixture
def daemon(root):
    daemon = Daemon(root)
    yield daemon
    daemon.stop()


def create(client, name="rows.jsonl", **more):
    return client.files.create(file=(name, ROWS), purpose="fine-tune", **more)


def test_files_come_back_and_lists_have_each_once(daemon):
    client = daemon.client()
    sent = [create(client, f'tr"ä{n}.jsonl').id for n in range(5)]
    assert [file.id for file in client.files.list(limit=2)] == sent[::-1]
    assert [file.id for file in client.files.list(limit=2, order="asc")] == sent
    file = client.files.wait_for_processing(sent[0])
    assert (file.filename, file.bytes, file.purpose) == ('tr"ä0.jsonl', len(ROWS), "fine-tune")
    assert client.files.content(sent[0]).read() == ROWS
    assert client.files.delete(sent[0]).deleted
    with pytest.raises(openai.NotFoundError) as gone:
        client.files.retrieve(sent[0])
    assert gone.value.request_id.startswith("req_")
    with pytest.raises(openai.BadRequestError) as cursor:
        client.files.list(after=sent[0])
    assert cursor.value.param == "after"
    end = create(client, expires_after={"anchor": "created_at", "seconds": 3600})
    assert end.expires_at == end.created_at + 3600


def test_files_and_uploads_outlive_the_daemon(root):
    first = Daemon(root)
    file = create(first.client())
    upload = first.client().uploads.create(
        bytes=len(ROWS), filename="parts.jsonl", mime_type="text/jsonl", purpose="fine-tune"
    )
    part = first.client().uploads.parts.create(upload.id, data=ROWS)
    first.stop()
    second = Daemon(root)
    client = second.client()
    assert client.files.content(file.id).read() == ROWS
    whole = client.uploads.complete(upload.id, part_ids=[part.id])
    assert whole.status == "completed" and client.files.content(whole.file.id).read() == ROWS
    second.stop()


def test_what_is_wrong_is_named(daemon):
    client = daemon.client()
    wrong = [
        ("purpose", lambda: client.files.create(file=b"x", purpose="vision")),
        ("bytes", lambda: client.uploads.create(bytes=0, filename="a", mime_type="a/b", purpose="fine-tune")),
        ("limit", lambda: client.files.list(limit=0)),
        (None, lambda: client.post("/files", cast_to=object, body={})),
    ]
    for param, ask in wrong:
        with pytest.raises(openai.BadRequestError) as error:
            ask()
        assert error.value.param == param and error.value.code and error.value.type == "invalid_request_error"
    upload = client.uploads.create(bytes=3, filename="a", mime_type="a/b", purpose="fine-tune")
    assert client.uploads.cancel(upload.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError):
        client.uploads.parts.create(upload.id, data=b"abc")
    with pytest.raises(openai.NotFoundError) as unknown:
        client.get("/embeddings", cast_to=object)
    assert unknown.value.code == "unknown_url"


def test_large_files_take_no_memory(daemon, tmp_path):
    client = daemon.client()
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(512 << 20)
    assert client.files.create(file=large, purpose="fine-tune").bytes == 512 << 20
    assert daemon.peak() < 256 << 10
    with large.open("ab") as file:
        file.write(b"x")
    with pytest.raises(openai.APIStatusError) as error:
        client.with_options(max_retries=0).files.create(file=large, purpose="fine-tune")
    assert error.value.status_code == 413
    coming = tmp_path / "var/lib/finetuned/files/coming"
    assert list(coming.iterdir()) == []


def mounted(folder):
    folder.mkdir(parents=True)
    return os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "finetuned-test", folder], stderr=subprocess.DEVNULL
    ).returncode == 0


def test_of_a_file_that_the_disk_cannot_hold_nothing_is_kept(root):
    state = root / "var" / "lib" / "finetuned"
    if not mounted(state):
        pytest.skip("a small file system cannot be mounted here")
    (root / "etc" / "finetuned" / "finetuned.toml").write_text('minimum_free = "1M"\n')
    daemon = None
    try:
        daemon = Daemon(root)
        client = daemon.client()
        with pytest.raises(openai.InternalServerError) as error:
            client.files.create(file=b"x" * (64 << 20), purpose="fine-tune")
        assert error.value.status_code == 507 and error.value.code == "disk.full"
        assert error.value.response.headers["x-should-retry"] == "false"
        assert list((state / "files" / "coming").iterdir()) == [] and client.files.list().data == []
        assert client.files.content(create(client).id).read() == ROWS
    finally:
        if daemon:
            daemon.stop()
        subprocess.run(["umount", state], check=True)


def test_parts_become_one_file(daemon, tmp_path):
    client = daemon.client()
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(ROWS * 4000)
    upload = client.uploads.upload_file_chunked(
        file=rows, mime_type="text/jsonl", purpose="fine-tune", part_size=1 << 20
    )
    assert upload.status == "completed" and upload.file.bytes == len(ROWS) * 4000
    assert client.files.content(upload.file.id).read() == ROWS * 4000
