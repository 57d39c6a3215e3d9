"""Repositories of the Hub's test server, and how the Hub describes them."""

import hashlib
import re
import time
from dataclasses import dataclass, field

LARGE = (".safetensors", ".onnx", ".png", ".pt")
"""Files that go to large file storage."""


@dataclass
class Repo:
    private: bool = False
    commits: dict = field(default_factory=dict)
    branches: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)

    def commit(self, files, branch="main"):
        """Make these files, bytes by path, the branch's newest commit."""
        sha = hashlib.sha1(repr((time.time_ns(), sorted(files.items()))).encode()).hexdigest()
        self.commits[sha], self.branches[branch] = files, sha
        return sha

    def find(self, revision):
        """The commit that a commit, branch or tag stands for, or None."""
        return {**{sha: sha for sha in self.commits}, **self.branches, **self.tags}.get(revision)


def etag(path, data):
    if path.endswith(LARGE):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def describe(name, repo, sha):
    """What the Hub says of a model, with the front matter of its card."""
    import yaml

    files = repo.commits[sha]
    front = re.match(r"---\n(.*?)\n---\n", files.get("README.md", b"").decode(errors="replace"), re.DOTALL)
    card = yaml.safe_load(front[1]) if front else {}
    siblings = []
    for path, data in files.items():
        digest = etag(path, data)
        # In a tree the sha256 is called oid.
        lfs = {"sha256": digest, "oid": digest, "size": len(data), "pointerSize": 130} if path.endswith(LARGE) else None
        # The git id of a large file is that of its pointer, which tells nothing of its bytes.
        blob = etag("", path.encode()) if lfs else digest
        siblings.append({"rfilename": path, "size": len(data), "blobId": blob, **({"lfs": lfs} if lfs else {})})
    words = [card.get("library_name"), *card.get("tags", []), *(f"dataset:{data}" for data in card.get("datasets", []))]
    tags = [word for word in words if isinstance(word, str)]
    return {"id": name, "sha": sha, "private": repo.private, "tags": tags, "cardData": card, "siblings": siblings}
