"""Every command that README and docs show, run as it stands there but for names of places and things.

Page after page, in the order in which a newcomer reads them, against a daemon with a model so small that it trains at
once. `not-run.txt` lists what cannot be run here, with the reason; `SettingsTests/PageSettingsTests` reads what is
shown in TOML, and other tests run whole pages that have a scene of their own.
"""
import json
import os
import pathlib
import re
import sqlite3
import subprocess

import pytest
import tiny
from daemon import BINARIES, Daemon, eventually, folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = pathlib.Path(__file__).with_name("not-run.txt")
FIRST = ["docs/start.md", "README.md", "docs/data.md", "docs/using-models.md"]
# Languages whose snippets somebody else runs.
ELSEWHERE = {
    "python": "test_page.py", "toml": "SettingsTests/PageSettingsTests", "yaml": "MonitoringTests", "ini": "not-run.txt",
    "swift": "not-run.txt",
}
PROGRAMS = ("ftctl", "make", "finetuned", "curl", "journalctl", "systemctl", "promtool", "export", "cd", "mkdir", "find", "mv", "cp", "python3", "usermod")
RECIPE = "[recipe]\nlearning_rate = 2e-2\nepochs = 12\nrank = 4\n"
SETTINGS = 'quiet_seconds = 0.1\nscan_seconds = 0.5\nminimum_free = "1M"\n'


def pages():
    every = ["README.md", "CONTRIBUTING.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))]
    return FIRST + [page for page in every if page not in FIRST]


def blocks(page):
    """The fenced blocks of a page, with their languages."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)


def commands(page):
    """The command lines of a page: those of shell blocks, and those that are set in from the text."""
    text = (ROOT / page).read_text()
    lines = [line for language, block in blocks(page) if language in ("sh", "") for line in joined(block)]
    lines += [line for line in re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL).split("\n") if line.startswith("    ")]
    for line in lines:
        # What stands after a comment sign, or a few blanks, says what the command does.
        line = re.split(r"\s+#\s|\s{2,}", line.strip())[0].strip()
        if line.removeprefix("sudo ").split(" ")[0] in PROGRAMS:
            yield line


def joined(block):
    return block.replace("\\\n", " ").split("\n")


def excepted():
    """What is not run: by page and the beginning of its command, with the reason."""
    entries = [line.split(" | ") for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    assert all(len(entry) == 3 for entry in entries), entries
    return [(page, start, why) for page, start, why in entries]


def is_excepted(page, line):
    return [entry for entry in excepted() if entry[0] == page and (line + " ").startswith(entry[1])]


def test_the_list_is_of_what_is_shown():
    shown = {page: [*commands(page), *(block.split("\n")[0] for _, block in blocks(page))] for page in pages()}
    for page, start, why in excepted():
        assert any((line + " ").startswith(start) for line in shown[page]), f"{page} shows no '{start}'"
        assert len(why) >= 10
    for page in pages():
        for language, text in blocks(page):
            known = language in ("sh", "", "json") or language in ELSEWHERE
            assert known, f"{page}: nothing runs what is shown in {language}"
            if ELSEWHERE.get(language) == "not-run.txt":
                assert is_excepted(page, text.split("\n")[0]), f"{page}: why is '{text[:40]}' not run?"


def test_what_is_shown_as_json_is_json():
    count = 0
    for page in pages():
        for language, text in blocks(page):
            if language == "json":
                count += 1
                try:
                    json.loads(text)
                except json.JSONDecodeError:
                    assert [json.loads(line) for line in text.splitlines()], page
    assert count >= 8


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    root = folder(tmp_path_factory.mktemp("shown"))
    (root / "etc/finetuned/finetuned.toml").write_text(SETTINGS)
    daemon = Daemon(root)
    yield daemon
    daemon.stop()


@pytest.fixture(scope="module")
def desk(daemon):
    """The folder that one stands in, with the files that pages name."""
    desk = daemon.root / "desk"
    (desk / "tiny").mkdir(parents=True)
    for name, data in tiny.files(width=32, hidden=64, layers=2, max_position_embeddings=512).items():
        (desk / "tiny" / name).write_bytes(data)
    rows = [{"prompt": f"question {n}", "completion": "the parcel is on its way to you now"} for n in range(160)]
    (desk / "monday.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (desk / "prompts.jsonl").write_text(json.dumps({"prompt": "question 1"}) + "\n")
    (desk / "export.csv").write_text("Question,Answer\n" + "".join(f"other {n},it is here\n" for n in range(20)))
    data = sqlite3.connect(desk / "app.db")
    data.execute("CREATE TABLE tickets (id INTEGER PRIMARY KEY, question TEXT, answer TEXT)")
    data.executemany("INSERT INTO tickets VALUES (?, ?, ?)", [(n, f"from a table {n}", "an answer") for n in range(1, 30)])
    data.execute("CREATE VIEW t AS SELECT id + 100 AS id, question || '?' AS prompt, answer AS completion FROM tickets")
    data.commit()
    return desk


def names(daemon):
    """What stands for the names of pages, once there is something: the served version, and a drop."""
    found = {}
    version = re.search(r"v-[0-9a-f]{8,}", daemon.ftctl("pipeline", "history", "tickets", "--json") if exists(daemon) else "")
    if version:
        found |= {"v-9f86d081884c7d65": version[0], "v-9f86d081884c": version[0]}
    return found


def exists(daemon):
    return (daemon.root / "etc/finetuned/pipelines/tickets.toml").exists()


def good(page, line):
    """The exit statuses that are as README says: the first run is promoted, a later one on the same task need not be."""
    return (0, 2, 3) if "watch" in line and page != "docs/start.md" else (0,)


def here(line, daemon):
    line = line.removeprefix("sudo ").replace("/run/finetuned/finetuned.sock", str(daemon.socket))
    for shown, real in {
        "/path/to/SmolLM2-135M-Instruct.Q4_1.gguf": "tiny", "/mnt/backup": "backup", "export.parquet": "export.csv",
        "d-20270115-080000-0a1b2c3d": "DROP", "PIPELINE": "tickets", "NAME": "tickets",
        " FILE …": " FILE", " FILE": " export.csv" if "--as" in line else " monday.jsonl", **names(daemon),
    }.items():
        line = line.replace(shown, real)
    if "DROP" in line:
        line = line.replace("DROP", json.loads(daemon.ftctl("drop", "list", "--json"))[-1]["id"])
    return re.sub(r" \[[^\]]*\]", "", line)


def test_what_is_shown_for_a_shell_runs(daemon, desk):
    environment = {**os.environ, "PATH": f"{BINARIES}:{os.environ['PATH']}", "FINETUNED_ROOT": str(daemon.root)}
    ran, wrong = 0, []
    for page in pages():
        (desk / "tickets.ftv").unlink(missing_ok=True)
        if page == "docs/exports.md":
            # What README has rolled back is served again.
            subprocess.run([BINARIES / "ftctl", "rollback", "tickets", "--to", names(daemon)["v-9f86d081884c"]], env=environment)
        for line in commands(page):
            if is_excepted(page, line):
                continue
            text = here(line, daemon)
            if text.startswith("ftctl watch"):
                # There is one to be watched.
                eventually(lambda: subprocess.run(
                    [BINARIES / "ftctl", "run", "tickets"], capture_output=True, env=environment).returncode == 0)
            done = subprocess.run(
                ["bash", "-euc", text], capture_output=True, text=True, cwd=desk, env=environment, stdin=subprocess.DEVNULL, timeout=300)
            ran += 1
            if done.returncode not in good(page, line):
                wrong.append(f"{page} | {line}\n    {text} → {done.returncode}\n    {done.stdout[-900:]}{done.stderr[-300:]}")
            if line.endswith("ftctl init tickets") and page == "docs/start.md":
                # A model of random weights learns what is likely, not what is right; and a test waits for no more rows.
                path = daemon.root / "etc/finetuned/pipelines/tickets.toml"
                path.write_text(path.read_text().replace('primary = "accuracy"', 'primary = "loss"') + "\n[trigger]\nsettle_seconds = 0.1\n" + RECIPE)
                eventually(lambda: "settle_seconds = 0.1" in daemon.ftctl("pipeline", "show", "tickets", "--toml"))
        assert not wrong, "\n".join(wrong)
    assert ran > 40
