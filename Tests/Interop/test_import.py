"""Rows of an SQLite database, written by another program, go into a pipeline each once."""
import json
import sqlite3
import subprocess

import pytest

from daemon import BINARIES, Daemon, folder

QUERY = "SELECT id, question AS prompt, answer AS completion FROM tickets WHERE id > :last ORDER BY id"


@pytest.fixture
def daemon(tmp_path):
    root = folder(tmp_path / "root")
    (root / "etc/finetuned/pipelines/p.toml").write_text('base = "tiny"\n')
    daemon = Daemon(root)
    yield daemon
    daemon.stop()


def bring(daemon, database, query=QUERY, *options):
    return json.loads(daemon.ftctl(
        "data", "import", "--sqlite", str(database), "--query", query, "--key", "id", "--pipeline", "p", "--json", *options))


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_each_row_comes_once(daemon, tmp_path, journal):
    database = tmp_path / "app.db"
    writer = sqlite3.connect(database)
    writer.execute(f"PRAGMA journal_mode = {journal}")
    writer.execute("CREATE TABLE tickets (id INTEGER PRIMARY KEY, question TEXT, answer TEXT)")

    def add(count):
        writer.executemany("INSERT INTO tickets (question, answer) VALUES (?, ?)", [(f"q{i}", "a") for i in range(count)])
        writer.commit()

    assert bring(daemon, database)["rows"] == 0
    add(30)
    first = bring(daemon, database)
    assert (first["rows"], first["last"]) == (30, 30) and first["drop"]["origin"]["imported"]["last"] == 30
    assert bring(daemon, database)["rows"] == 0
    add(12)
    second = bring(daemon, database)
    assert (second["rows"], second["since"], second["last"]) == (12, 30, 42)
    # Another query begins anew, with names of its own.
    other = "SELECT id, question, answer FROM tickets WHERE id > :last ORDER BY id"
    named = bring(daemon, database, other, "--as", "prompt=question,completion=answer")
    assert named["rows"] == 42 and "since" not in named
    # A daemon that died knows how far it was.
    daemon.process.kill()
    daemon.process.wait()
    again = Daemon(daemon.root)
    assert bring(again, database)["rows"] == 0
    again.stop()
    writer.close()


def test_what_is_wrong_with_the_question_is_64(daemon, tmp_path):
    database = tmp_path / "app.db"
    sqlite3.connect(database).execute("CREATE TABLE tickets (id INTEGER, question TEXT)").connection.close()
    for query, key in [("SELECT id FROM tickets ORDER BY id", "id"), ("SELECT id FROM tickets WHERE id > :last", "id"),
                       ("SELECT question FROM tickets WHERE id > :last ORDER BY id", "id")]:
        done = subprocess.run(
            [BINARIES / "ftctl", "data", "import", "--sqlite", database, "--query", query, "--key", key, "--pipeline", "p",
             "--root", daemon.root], capture_output=True, text=True)
        assert done.returncode == 64, done.stdout + done.stderr
    before = database.read_bytes()
    assert bring(daemon, database, "SELECT id, question AS prompt FROM tickets WHERE id > :last ORDER BY id")["rows"] == 0
    assert database.read_bytes() == before
