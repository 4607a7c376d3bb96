"""The official client over TCP, in the clear and over TLS: with a token, with none, and with a wrong one."""
import ssl
import subprocess

import httpx2
import openai
import pytest
from daemon import Daemon, folder, free_port, token

ROWS = b'{"prompt": "q", "completion": "a"}\n'


def serve(tmp_path, settings=""):
    """A daemon that is asked on a port of this machine, and the port."""
    root, port = folder(tmp_path), free_port()
    (root / "etc/finetuned/finetuned.toml").write_text(f'[api]\nlisten = "127.0.0.1:{port}"\n{settings}')
    return Daemon(root), port


def client(port, key, scheme="http", **more):
    return openai.OpenAI(base_url=f"{scheme}://localhost:{port}/v1", api_key=key, max_retries=0, **more)


def test_tokens_decide_and_own(tmp_path):
    daemon, port = serve(tmp_path)
    try:
        one, other = (client(port, token(daemon, name, "use")) for name in ("one", "other"))
        local, admin = client(port, "none"), client(port, token(daemon, "boss", "admin"))
        kept = one.files.create(file=("rows.jsonl", ROWS), purpose="fine-tune").id
        local.files.create(file=("rows.jsonl", ROWS), purpose="fine-tune")
        assert [file.id for file in one.files.list()] == [kept]
        assert one.files.content(kept).read() == ROWS
        for stranger in (other, local):
            with pytest.raises(openai.NotFoundError):
                stranger.files.retrieve(kept)
        assert len(list(admin.files.list())) == 2
        reader = client(port, token(daemon, "reader", "read"))
        assert reader.models.list().object == "list"
        with pytest.raises(openai.PermissionDeniedError) as refused:
            reader.files.create(file=("rows.jsonl", ROWS), purpose="fine-tune")
        assert "ftctl token add" in str(refused.value)
        with pytest.raises(openai.AuthenticationError) as unknown:
            client(port, "ft-nonsense").models.list()
        assert unknown.value.code == "invalid_api_key"
        daemon.ftctl("token", "remove", "one")
        with pytest.raises(openai.AuthenticationError):
            one.files.list()
        assert {file.id for file in admin.files.list()} >= {kept}
    finally:
        daemon.stop()


def test_without_a_token_nobody_is_let_in_where_one_is_needed(tmp_path):
    daemon, port = serve(tmp_path, 'loopback = "none"\n')
    try:
        with pytest.raises(openai.AuthenticationError):
            client(port, "none").models.list()
        assert httpx2.get(f"http://localhost:{port}/healthz").status_code == 200
        assert client(port, token(daemon, "ci", "use")).models.list().object == "list"
    finally:
        daemon.stop()


def test_over_tls(tmp_path):
    certificate, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    daemon, port = serve(tmp_path, f'certificate = "{certificate}"\nkey = "{key}"\n')
    try:
        trusting = httpx2.Client(verify=ssl.create_default_context(cafile=certificate))
        asked = client(port, token(daemon, "ci", "use"), scheme="https", http_client=trusting)
        rows = ROWS * 200_000
        kept = asked.files.create(file=("rows.jsonl", rows), purpose="fine-tune").id
        assert asked.files.content(kept).read() == rows
        with pytest.raises(openai.APIConnectionError):
            client(port, "none").models.list()
    finally:
        daemon.stop()
