"""A stand-in for the Hugging Face Hub: its interface for reading models and data, on loopback, from folders.

    hub.py ROOT [CERTIFICATE KEY]

ROOT/OWNER/NAME/COMMIT/… holds the files of a commit, and ROOT/OWNER/NAME/refs.json says which commit a branch is at;
ROOT/datasets/OWNER/NAME is a repository of data. card.json beside refs.json holds what the Hub reads at the README's
head.
Prints one line of JSON with the addresses of the Hub and of its storage, which is another host; serves until it is
ended. What goes wrong is said in ROOT/behave.json, which is read at each request, so that a test can change it:

    cut        the storage closes the connection at every tenth of a file
    shorter    the storage gives so many bytes fewer of each file
    flip       the storage changes a byte in the middle of each file
    busy       so many requests are answered 429 first, with `retry_after`
    broken     so many requests are answered 503 first
    expired    so many requests of the storage are answered 403 first
    loop       files lead to themselves
    plain      files lead to an address without TLS
    gated      repositories to which access has to be asked for
    renamed    old names to new ones
    whole      the storage gives no ranges
    hold       the storage stops after so many bytes of each answer and goes on once that is taken back
    serial     what the storage's etags end with, so that an object can be another one
    name       the name of the storage's host

Source: the Hub's API documentation, and what huggingface_hub 2.4 reads. ROOT/requests.log gets a line of JSON for every
request: host, path, range, whether a token came, bytes of the answer's body.
"""
import email.utils
import hashlib
import http.server
import json
import pathlib
import re
import ssl
import sys
import threading
import time
import urllib.parse

LARGE = (".safetensors", ".gguf", ".bin", ".pt", ".parquet", ".gz", ".zst")


class Root:
    """The folders, and what goes wrong."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.lock = threading.Lock()
        self.counts = {}
        self.digests = {}

    def behaviour(self):
        try:
            return json.loads((self.path / "behave.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def spend(self, what):
        """Whether what happens a number of times still happens."""
        most = self.behaviour().get(what, 0)
        with self.lock:
            spent = self.counts.setdefault(what, 0)
            self.counts[what] = spent + 1 if most else 0
            return spent < most

    def log(self, **line):
        with self.lock, (self.path / "requests.log").open("a") as log:
            log.write(json.dumps(line) + "\n")

    def commit(self, repository, revision):
        folder = self.path / repository
        if not re.fullmatch(r"(?:datasets/)?[\w.-]+/[\w.-]+", repository) or not (folder / "refs.json").exists():
            return None
        refs = json.loads((folder / "refs.json").read_text())
        commit = refs.get(revision, revision)
        return commit if (folder / commit).is_dir() else None

    def files(self, repository, commit):
        folder = self.path / repository / commit
        return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}

    def identity(self, path):
        """SHA-256 of a large file, git's name of another."""
        key = (str(path), path.stat().st_mtime_ns, path.stat().st_size)
        if key not in self.digests:
            if path.suffix in LARGE:
                digest = hashlib.sha256()
                with path.open("rb") as file:
                    while piece := file.read(1 << 20):
                        digest.update(piece)
            else:
                data = path.read_bytes()
                digest = hashlib.sha1(b"blob %d\0" % len(data) + data)
            self.digests[key] = digest.hexdigest()
        return self.digests[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    root: Root
    storage: str
    own: str
    is_storage = False

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        self.behaviour = self.root.behaviour()
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        try:
            if self.root.spend("busy"):
                return self.say(429, {"retry-after": self.retry_after()})
            if self.root.spend("broken"):
                return self.say(503)
            if self.is_storage:
                return self.store(path)
            self.hub(path)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def note(self, count):
        """Logs the request and how many bytes are to come, before they do, so that whoever has them finds it logged."""
        self.root.log(
            host="storage" if self.is_storage else "hub", method=self.command,
            path=urllib.parse.unquote(urllib.parse.urlsplit(self.path).path), range=self.headers.get("range"),
            token="authorization" in self.headers, bytes=0 if self.command == "HEAD" else count,
        )

    def retry_after(self):
        told = self.behaviour.get("retry_after", 0)
        return str(told) if told != "date" else email.utils.formatdate(time.time() + 3, usegmt=True)

    def hub(self, path):
        """The API, and the files, of which large ones lie in the storage."""
        for old, new in self.behaviour.get("renamed", {}).items():
            if f"/{old}/" in path + "/":
                return self.say(307, {"location": self.path.replace(old, new)})
        api = re.match(r"/api/(models|datasets)", path)
        prefix = "datasets/" if api and api[1] == "datasets" else ""
        if api and api[0] == path:
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            words = query.get("search", query.get("author", [""]))[0].lower()
            home = self.root.path / prefix
            names = [str(refs.parent.relative_to(home)) for refs in sorted(home.glob("*/*/refs.json"))]
            near = [name for name in names if words in name.lower()]
            return self.data(json.dumps([{"id": name} for name in near]).encode(), "application/json")
        if match := re.fullmatch(r"/api/(?:models|datasets)/([^/]+/[^/]+)/refs", path):
            refs = json.loads((self.root.path / (prefix + match[1]) / "refs.json").read_text())
            return self.data(json.dumps({"branches": [{"name": name} for name in refs], "tags": []}).encode())
        if match := re.fullmatch(r"/api/(?:models|datasets)/([^/]+/[^/]+)/tree/([^/]+)", path):
            return self.tree(prefix + match[1], match[2])
        if match := re.fullmatch(r"/api/(?:models|datasets)/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            return self.listing(prefix + match[1], match[2] or "main")
        if match := re.fullmatch(r"/((?:datasets/)?[^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self.resolve(*match.groups())
        self.say(404, {"x-error-code": "RepoNotFound", "x-error-message": "Repository not found"})

    def closed(self, repository):
        if repository not in self.behaviour.get("gated", []) or self.headers.get("authorization") == "Bearer hf_let":
            return False
        self.say(401 if "authorization" not in self.headers else 403,
                 {"x-error-code": "GatedRepo", "x-error-message": f"Access to model {repository} is restricted."})
        return True

    def listing(self, repository, revision):
        commit = self.root.commit(repository, revision)
        if commit is None:
            known = self.root.commit(repository, "main")
            return self.say(404, {"x-error-code": "RevisionNotFound" if known else "RepoNotFound"})
        if "blobs=true" not in self.path and self.closed(repository):
            return
        siblings = []
        for name, path in self.root.files(repository, commit).items():
            sibling = {"rfilename": name}
            if "blobs=true" in self.path:
                size, identity = path.stat().st_size, self.root.identity(path)
                sibling |= {"size": size, "blobId": identity[:40]}
                if path.suffix in LARGE:
                    sibling["lfs"] = {"sha256": identity, "size": size, "pointerSize": 134}
            siblings.append(sibling)
        siblings += [{"rfilename": name, "size": 1, "blobId": "0" * 40} for name in self.behaviour.get("names", [])]
        card = self.root.path / repository / "card.json"
        name = repository.removeprefix("datasets/")
        self.data(json.dumps({
            "_id": commit[:24], "id": name, "modelId": name, "sha": commit, "private": False,
            "gated": "manual" if repository in self.behaviour.get("gated", []) else False, "disabled": False, "tags": [],
            "downloads": 0, "likes": 0, "siblings": siblings,
            "cardData": json.loads(card.read_text()) if card.exists() else {"license": "apache-2.0"},
        }).encode(), "application/json", {"x-repo-commit": commit})

    def tree(self, repository, revision):
        """The same files as huggingface_hub lists them."""
        commit = self.root.commit(repository, revision)
        if commit is None:
            return self.say(404, {"x-error-code": "RepoNotFound"})
        if self.closed(repository):
            return
        entries = []
        for name, path in self.root.files(repository, commit).items():
            size, identity = path.stat().st_size, self.root.identity(path)
            entry = {"type": "file", "path": name, "size": size, "oid": identity[:40]}
            if path.suffix in LARGE:
                entry["lfs"] = {"oid": identity, "size": size, "pointerSize": 134}
            entries.append(entry)
        self.data(json.dumps(entries).encode())

    def resolve(self, repository, revision, name):
        if self.closed(repository):
            return
        commit = self.root.commit(repository, revision)
        path = commit and self.root.files(repository, commit).get(name)
        if not path:
            return self.say(404, {"x-error-code": "EntryNotFound", "x-error-message": "Entry not found"})
        headers = {"x-repo-commit": commit, "accept-ranges": "bytes"}
        identity = self.root.identity(path)
        if path.suffix not in LARGE:
            return self.file(path, {**headers, "etag": f'"{identity}"'})
        place = f"{self.storage}/{repository}/{commit}/{name}?X-Amz-Signature={self.root.counts.setdefault('signed', 0)}"
        if self.behaviour.get("loop"):
            place = self.own + self.path
        if self.behaviour.get("plain"):
            place = place.replace("https://", "http://")
        self.say(302, {
            **headers, "location": place, "x-linked-size": str(path.stat().st_size), "x-linked-etag": f'"{identity}"',
        })

    def store(self, path):
        """An object of the storage, whose own etag is another than the linked one."""
        if self.root.spend("expired"):
            return self.say(403)
        file = self.root.path / path.lstrip("/")
        if ".." in path or not file.is_file():
            return self.say(404)
        self.file(file, {"etag": f'"{self.root.identity(file)[:32]}{self.behaviour.get("serial", "")}"'})

    def file(self, path, headers):
        size = path.stat().st_size - (self.behaviour.get("shorter", 0) if self.is_storage else 0)
        begin, end, status = 0, size, 200
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        same = self.headers.get("if-range") in (None, headers["etag"])
        if wanted and same and not (self.is_storage and self.behaviour.get("whole")):
            begin, status = int(wanted[1]), 206
            end = min(size, int(wanted[2]) + 1) if wanted[2] else size
            if begin >= size:
                return self.say(416, {"content-range": f"bytes */{size}"})
            headers["content-range"] = f"bytes {begin}-{end - 1}/{size}"
        stop = end
        if self.is_storage and self.behaviour.get("cut"):
            tenth = -(-size // 10)
            stop = min(end, (begin // tenth + 1) * tenth)
        self.note(stop - begin)
        self.send_response(status)
        for name, value in {**headers, "content-length": str(end - begin)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        with path.open("rb") as file:
            if self.is_storage and (most := self.behaviour.get("hold")) and stop - begin > most:
                self.copy(file, begin, begin + most, size)
                begin += most
                while self.root.behaviour().get("hold"):
                    time.sleep(0.05)
            self.copy(file, begin, stop, size)
        if stop < end:
            self.close_connection = True

    def copy(self, file, begin, stop, size):
        middle = size // 2 if self.is_storage and self.behaviour.get("flip") else -1
        if middle < 0 and isinstance(self.server.socket, ssl.SSLSocket) is False and stop - begin > 1 << 20:
            self.wfile.flush()
            self.connection.sendfile(file, begin, stop - begin)
            return
        file.seek(begin)
        while begin < stop and (piece := file.read(min(1 << 18, stop - begin))):
            if begin <= middle < begin + len(piece):
                at = middle - begin
                piece = piece[:at] + bytes([piece[at] ^ 255]) + piece[at + 1:]
            self.wfile.write(piece)
            begin += len(piece)

    def data(self, body, kind="application/json", headers=()):
        self.note(len(body))
        self.send_response(200)
        for name, value in {"content-type": kind, "content-length": str(len(body)), **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def say(self, status, headers=()):
        self.note(0)
        self.send_response(status)
        for name, value in {"content-length": "0", **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


class Hub:
    """The Hub at 127.0.0.1 and its storage at 127.0.0.2, each with a thread."""

    def __init__(self, path, certificate=None, key=None, name="127.0.0.2"):
        self.root = Root(path)
        scheme = "https" if certificate else "http"

        class Storage(Handler):
            root, is_storage = self.root, True

        class Front(Handler):
            root = self.root

        self.servers = [Server(("127.0.0.1", 0), Front), Server(("0.0.0.0", 0), Storage)]
        self.address = f"{scheme}://{'localhost' if certificate else '127.0.0.1'}:{self.servers[0].server_port}"
        self.storage = f"{scheme}://{name}:{self.servers[1].server_port}"
        Front.storage, Front.own = self.storage, self.address
        for server in self.servers:
            if certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate, key)
                server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()


def add(root, repository, files, commit="1" * 40, branch="main", card=None):
    """Puts a commit with the given files (bytes by name) under `root`, and the branch at it; and a card where given."""
    folder = pathlib.Path(root) / repository
    (folder / commit).mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / commit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if card is not None:
        (folder / "card.json").write_text(json.dumps(card))
    refs = folder / "refs.json"
    known = json.loads(refs.read_text()) if refs.exists() else {}
    refs.write_text(json.dumps({**known, branch: commit}))


if __name__ == "__main__":
    hub = Hub(*sys.argv[1:4], name="localhost" if len(sys.argv) > 2 else "127.0.0.2")
    print(json.dumps({"hub": hub.address, "storage": hub.storage}), flush=True)
    threading.Event().wait()
