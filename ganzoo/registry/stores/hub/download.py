"""One file of the Hub, by plain HTTP.

Size and digest are known from the list of files, so no header of an answer names a path: the client's own download
would call its blob as the answer's `ETag` says, `../../.bashrc` too. Waits and retries are few, and told.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.errors import PackageError
from ganzoo.registry.packages.copying import Progress
from ganzoo.registry.stores.hub.patience import paced, retried, within

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub.hf_api import RepoSibling

TIMEOUT_S = 10
"""How long the next piece of an answer may take."""
WAITS_S = (1, 2, 4, 8, 8, 8, 8, 8)
"""Between the attempts at one file."""

_CHUNK_BYTES = 128 * 1024
_SHA1, _SHA256 = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{64}")


def digest_name(file: RepoSibling) -> str:
    """The digest by which the Hub's list knows a file's bytes, which is its blob's name in the cache.

    Raises:
        PackageError: If it is none, so that it might be a path.
    """
    digest, form = (file.lfs.sha256, _SHA256) if file.lfs is not None else (file.blob_id, _SHA1)
    if not isinstance(digest, str) or not form.fullmatch(digest):
        raise PackageError(f"the Hub calls the bytes of {file.rfilename} {digest!r:.80}, which is no digest: refused")
    return digest


def download(url: str, headers: dict[str, str], file: RepoSibling, target: Path, progress: Progress) -> bool:
    """Fetch the bytes of a file; a body that is cut short is gone on with.

    Args:
        url: Of the file on the server.
        headers: With the token, if there is one.
        file: As the server's list describes it.
        target: Written to; who calls it deletes it where this raises.
        progress: Told how it gets on.

    Returns:
        Whether they are the bytes that the list says.

    Raises:
        RegistryError: If it comes too slowly; `PackageError` if it is longer, or the answer names other bytes than the
            list. What the HTTP client raises goes through, after some retries.
    """
    import httpx2

    expected, size = digest_name(file), int(file.size or 0)
    target.write_bytes(b"")

    def attempt() -> None:
        done = target.stat().st_size
        if done == size > 0:
            return
        # Compressed on the way, bytes could neither be counted nor gone on with.
        asked = {**headers, "Accept-Encoding": "identity", **({"Range": f"bytes={done}-"} if done else {})}
        with _answer(url, asked) as answer, target.open("ab") as writer:
            _check_etag(answer, expected, file.rfilename)
            if done and answer.status_code != 206:
                done = writer.truncate(0)
            for chunk in paced(answer.iter_bytes(), file.rfilename):
                done += len(chunk)
                if done > size:
                    raise PackageError(
                        f"{file.rfilename} is longer than the {size:,} bytes that the Hub said: it is refused"
                    )
                writer.write(chunk)
                progress(file.rfilename, done, size)
        if done < size:
            raise httpx2.RemoteProtocolError(f"{done:,} of {size:,} bytes came")

    retried(attempt, waits=WAITS_S, again_after=(httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.TimeoutException))
    return has_digest(target, expected)


def has_digest(path: Path, expected: str) -> bool:
    """Whether a file has the sha256, or as a git blob the sha1, that is expected."""
    with path.open("rb") as reader:
        if len(expected) == 64:
            return hashlib.file_digest(reader, "sha256").hexdigest() == expected
        digest = hashlib.sha1(b"blob %d\0" % os.fstat(reader.fileno()).st_size, usedforsecurity=False)
        while chunk := reader.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest() == expected


@contextmanager
def _answer(url: str, headers: dict[str, str]) -> Iterator[httpx2.Response]:
    """The answer to a GET; the client takes the token away where it is sent on to another host."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

    with ExitStack() as stack:
        stream = get_session().stream("GET", url, headers=headers, timeout=TIMEOUT_S, follow_redirects=True)
        answer = within(lambda: stack.enter_context(stream))
        if answer.status_code >= 400:
            within(answer.read)
        hf_raise_for_status(answer)
        yield answer


def _check_etag(answer: httpx2.Response, expected: str, name: str) -> None:
    """Other programs of the same cache believe the ETag, so a server that tries something with it is left alone."""
    first = (answer.history or [answer])[0]
    etag = first.headers.get("x-linked-etag") or first.headers.get("etag")
    if etag is not None and etag.removeprefix("W/").strip('"') != expected:
        raise PackageError(
            f"the Hub's list of files calls the bytes of {name} {expected}, and its answer {etag!r:.80}: it is refused"
        )
