"""A Hugging Face Hub of a few repositories in memory, over loopback HTTP, with faults on demand.

It speaks the endpoints that the real client calls when ganzoo pulls, pushes and searches (Xet storage off).
"""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from registry.hub_repos import LARGE, Repo, describe, etag

WRITER, READER = "hf_writersecret0123456789", "hf_readersecret0123456789"


@dataclass
class Fault:
    """What is done to requests whose `METHOD /path` holds `match`, this often.

    Args:
        status: Answered in place of the real answer, with these headers and this JSON, or bytes.
        cut: The connection is closed after so many bytes of the body.
        flip: The place of a byte of the body that is changed.
        pause: Seconds between pieces of the body.
        trickle: Seconds between its bytes.
        slow_head: Seconds between the bytes of what comes before the body.
        before: Called before the request is looked at, e.g. to wait.
    """

    match: str
    times: int = 1
    status: int = 0
    headers: dict = field(default_factory=dict)
    answer: object = field(default_factory=lambda: {"error": "injected"})
    cut: int | None = None
    flip: int | None = None
    pause: float = 0
    trickle: float = 0
    slow_head: float = 0
    before: Callable | None = None


class HubServer(ThreadingHTTPServer):
    """`with HubServer() as hub: hub.url ...`"""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.repos, self.large, self.parts, self.faults, self.requests = {}, {}, {}, [], []
        self.tokens = []
        self.part_bytes, self.lock = None, threading.RLock()
        self.etags = {}
        """What is answered in place of a file's own."""

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def add(self, name, folder=None, *, private=False, files=None):
        """A repository with the files of a folder, and a commit of them; its sha is returned."""
        repo = self.repos.setdefault(name, Repo(private))
        given = {path.name: path.read_bytes() for path in folder.iterdir()} if folder else {}
        return repo.commit({".gitattributes": b"*.safetensors filter=lfs\n", **given, **(files or {})})

    def fail(self, match, **options):
        self.faults.append(Fault(match, **options))

    def count(self, pattern=""):
        return sum(bool(re.search(pattern, request)) for request in self.requests)


class Refusal(Exception):
    """Status, error code and message."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self):
        # Clients that are killed in the middle are a part of the tests.
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *_):
        pass

    def route(self):
        hub, url = self.server, urlsplit(self.path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.query, line, self.fault = parse_qs(url.query), f"{self.command} {unquote(url.path)}", None
        with hub.lock:
            hub.requests.append(f"{line}?{url.query}")
            hub.tokens.append(self.token)
            for fault in hub.faults:
                if fault.times and re.search(fault.match, line):
                    fault.times, self.fault = fault.times - 1, fault
                    break
        if self.fault and self.fault.before:
            self.fault.before()
        if self.fault and self.fault.status:
            self.answer(self.fault.answer, self.fault.status, self.fault.headers)
            return
        found = ((action, re.fullmatch(pattern, line)) for pattern, action in ROUTES)
        action, match = next(((action, match) for action, match in found if match), (None, None))
        try:
            if not match:
                raise Refusal(404, "EntryNotFound", f"no such endpoint: {line}")
            action(self, *map(unquote, match.groups()))
        except Refusal as refusal:
            status, code, message = refusal.args
            self.answer({"error": message}, status, {"X-Error-Code": code, "X-Error-Message": message})

    do_GET = do_HEAD = do_POST = do_PUT = route

    def answer(self, value, status=200, headers=None):
        self.send(
            value if isinstance(value, bytes) else json.dumps(value).encode(),
            status,
            {"Content-Type": "application/json", **(headers or {})},
        )

    def send(self, data, status=200, headers=None):
        fault, total = self.fault or Fault(""), len(data)
        self.send_response(status)
        for name, value in {"Content-Length": total, **(headers or {})}.items():
            self.send_header(name, str(value))
        if fault.slow_head:
            self.slowly(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000, fault.slow_head)
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault.flip is not None:
            data = data[: fault.flip] + bytes([data[fault.flip] ^ 1]) + data[fault.flip + 1 :]
        if fault.cut is not None:
            data, self.close_connection = data[: fault.cut], True
        if fault.trickle:
            self.slowly(data, fault.trickle)
            return
        step = max(1, total // 10) if fault.pause else max(1, total)
        for start in range(0, len(data), step):
            self.wfile.write(data[start : start + step])
            self.wfile.flush()
            time.sleep(fault.pause)

    def slowly(self, data, seconds):
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(seconds)

    @property
    def token(self):
        sent = self.headers.get("Authorization", "")
        # Users and passwords are for a proxy before it.
        return "" if sent.startswith("Basic ") else sent.removeprefix("Bearer ")

    def repo(self, name, *, write=False):
        repo, known = self.server.repos.get(name), self.token in (WRITER, READER)
        if self.token and not known:
            # A careless server repeats the token.
            raise Refusal(401, "", f"Invalid credentials: {self.token}")
        if repo is None or (repo.private and not known):
            raise Refusal(404 if known else 401, "RepoNotFound" if known else "", "Repository not found")
        if write and self.token != WRITER:
            raise Refusal(403 if known else 401, "", f"{self.token} has no write access")
        return repo

    def state(self, name, revision):
        repo = self.repo(name)
        sha = repo.find(revision)
        if not sha:
            raise Refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return repo, sha

    def create(self):
        order = json.loads(self.body)
        if self.token != WRITER:
            raise Refusal(403 if self.token == READER else 401, "", f"{self.token} may not create repositories")
        name = f"{order['organization']}/{order['name']}"
        with self.server.lock:
            if name in self.server.repos:
                self.answer({"error": "You already created this", "url": f"{self.server.url}/{name}"}, 409)
                return
            self.server.add(name, private=order.get("visibility") == "private")
        self.answer({"url": f"{self.server.url}/{name}"})

    def info(self, name, revision="main"):
        self.answer(describe(name, *self.state(name, revision)))

    def tree(self, name, revision):
        files = describe(name, *self.state(name, revision))["siblings"]
        self.answer([{"type": "file", "path": f["rfilename"], "oid": f["blobId"], **f} for f in files])

    def refs(self, name):
        repo = self.repo(name)
        kinds = {"branches": ("heads", repo.branches), "tags": ("tags", repo.tags), "converts": ("converts", {})}
        self.answer(
            {
                kind: [{"name": n, "ref": f"refs/{ref}/{n}", "targetCommit": sha} for n, sha in known.items()]
                for kind, (ref, known) in kinds.items()
            }
        )

    def search(self):
        words, text = self.query.get("filter", []), self.query.get("search", [""])[0].lower()
        seen = {n: repo for n, repo in self.server.repos.items() if not repo.private or self.token in (WRITER, READER)}
        found = [describe(name, repo, repo.branches["main"]) for name, repo in seen.items() if text in name.lower()]
        self.answer([info for info in found if set(words) <= set(info["tags"])])

    def preupload(self, name, revision):
        repo, files = self.repo(name, write=True), []
        there = repo.commits[repo.find(revision)]
        for path in (file["path"] for file in json.loads(self.body)["files"]):
            mode = "lfs" if path.endswith(LARGE) else "regular"
            files.append({"path": path, "uploadMode": mode, "shouldIgnore": False})
            if path in there:
                files[-1]["oid"] = etag(path, there[path])
        self.answer({"files": files})

    def batch(self, name):
        self.repo(name, write=True)
        objects, part = json.loads(self.body)["objects"], self.server.part_bytes
        for wanted in objects:
            oid, size = wanted["oid"], wanted["size"]
            if oid not in self.server.large:
                url = f"{self.server.url}/lfs/{oid}"
                wanted["actions"] = {"upload": {"href": url}}
                if part and size > part:
                    numbers = {f"{n:05}": f"{url}/{n}" for n in range(1, -(-size // part) + 1)}
                    wanted["actions"]["upload"]["header"] = {"chunk_size": str(part), **numbers}
        self.answer({"transfer": "basic", "objects": objects})

    def put(self, oid, number="0"):
        self.server.parts[oid, int(number)] = self.body
        if number == "0":
            self.complete(oid)
        else:
            self.send(b"", 200, {"ETag": f'"{number}"'})

    def complete(self, oid):
        data = b"".join(self.server.parts.pop(key) for key in sorted(self.server.parts) if key[0] == oid)
        if hashlib.sha256(data).hexdigest() != oid:
            raise Refusal(400, "", "the parts do not make the object")
        self.server.large[oid] = data
        self.send(b"")

    def commit(self, name, branch):
        repo = self.repo(name, write=True)
        header, *operations = (json.loads(line) for line in self.body.splitlines())
        with self.server.lock:
            if header["value"].get("parentCommit") != repo.branches[branch]:
                raise Refusal(412, "", "A commit has happened since. Please refresh and try again.")
            files = dict(repo.commits[repo.branches[branch]])
            for operation in operations:
                value = operation["value"]
                if operation["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif operation["key"] == "lfsFile":
                    files[value["path"]] = self.server.large[value["oid"]]
                else:
                    del files[value["path"]]
            sha = repo.commit(files, branch)
        self.answer({"commitOid": sha, "commitUrl": f"{self.server.url}/{name}/commit/{sha}"})

    def tag(self, name, revision):
        repo, tag = self.repo(name, write=True), json.loads(self.body)["tag"]
        if tag in repo.tags:
            raise Refusal(409, "", "Tag exists")
        repo.tags[tag] = repo.find(revision)
        self.answer({})

    def resolve(self, name, revision, path):
        repo, sha = self.state(name, revision)
        data = repo.commits[sha].get(path)
        if data is None:
            raise Refusal(404, "EntryNotFound", "Entry not found")
        headers = {
            "X-Repo-Commit": sha,
            "ETag": f'"{self.server.etags.get(path) or etag(path, data)}"',
            "Accept-Ranges": "bytes",
        }
        if path.endswith(LARGE):
            headers |= {"X-Linked-Size": len(data), "X-Linked-Etag": headers["ETag"]}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked:
            headers["Content-Range"] = f"bytes {asked[1]}-{len(data) - 1}/{len(data)}"
            self.send(data[int(asked[1]) :], 206, headers)
        else:
            self.send(data, 200, headers)


_ID = r"([\w.-]+/[\w.-]+)"
ROUTES = [
    (r"HEAD /?", lambda handler: handler.send(b"")),
    (r"GET /api/models", Handler.search),
    (rf"GET /api/models/{_ID}", Handler.info),
    (rf"GET /api/models/{_ID}/revision/(.+)", Handler.info),
    (rf"GET /api/models/{_ID}/tree/(.+)", Handler.tree),
    (rf"GET /api/models/{_ID}/refs", Handler.refs),
    (r"POST /api/repos/create", Handler.create),
    (r"POST /api/validate-yaml", lambda handler: handler.answer({"errors": [], "warnings": []})),
    (rf"POST /api/models/{_ID}/preupload/(.+)", Handler.preupload),
    (rf"POST /{_ID}\.git/info/lfs/objects/batch", Handler.batch),
    (r"PUT /lfs/(\w+)", Handler.put),
    (r"PUT /lfs/(\w+)/(\d+)", Handler.put),
    (r"POST /lfs/(\w+)", Handler.complete),
    (rf"POST /api/models/{_ID}/commit/(.+)", Handler.commit),
    (rf"POST /api/models/{_ID}/tag/(.+)", Handler.tag),
    (rf"(?:GET|HEAD) /{_ID}/resolve/([^/]+)/(.+)", Handler.resolve),
]
