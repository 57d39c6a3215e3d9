"""Every failure of the Hub's client as one sentence."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import TYPE_CHECKING

from ganzoo.errors import RegistryError, redacted
from ganzoo.registry.stores.hub.patience import bounded_waits, retry_after
from ganzoo.utils.text import shown

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

_LOGIN = "log in with `hf auth login`, or set HF_TOKEN"


@contextmanager
def explained(what: str, endpoint: str) -> Iterator[None]:
    """Turn what the client raises into one sentence, and keep its warnings from the terminal.

    Args:
        what: Reference of the model, or what is done, for messages.
        endpoint: Of the Hub.

    Raises:
        RegistryError: In place of any failure of network, server, token or disk.
    """
    with _quiet(), bounded_waits():
        try:
            yield
        except RegistryError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, AssertionError) as error:
            raise RegistryError(_sentence(_cause(error), what, endpoint)) from _without_secrets(error)
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in {"huggingface_hub", "httpx2"}:
                raise
            raise RegistryError(_sentence(_cause(error), what, endpoint)) from _without_secrets(error)


def _without_secrets(error: BaseException) -> BaseException:
    """The same error: a traceback shows it, and what it came from, and the client's texts name the whole address."""
    found: BaseException | None = error
    while found is not None:
        found.args = tuple(redacted(value) if isinstance(value, str) else value for value in found.args)
        found = found.__cause__ or found.__context__
    return error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the client's warnings away: what it waits for is told by `patience`."""

    def passes(record: logging.LogRecord) -> bool:
        return record.levelno != logging.WARNING

    handlers = list(logging.getLogger("huggingface_hub").handlers)
    for handler in handlers:
        handler.addFilter(passes)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        for handler in handlers:
            handler.removeFilter(passes)


def _is_http(error: BaseException | None) -> bool:
    import httpx2

    return isinstance(error, httpx2.HTTPError)


def _cause(error: BaseException) -> BaseException:
    """The failure of network or disk below what the client makes of it."""
    from huggingface_hub.errors import FileMetadataError

    found: BaseException | None = error
    while found is not None:
        if _is_http(found) or isinstance(found, FileMetadataError) or getattr(found, "errno", None) is not None:
            return found
        found = found.__cause__
    return error


def _sentence(error: BaseException, what: str, endpoint: str) -> str:
    import httpx2
    from huggingface_hub.errors import FileMetadataError, HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        return _of_status(error, what, endpoint)
    if isinstance(error, httpx2.TimeoutException):
        return f"{what}: {endpoint} did not answer in time: try again, or use --offline for models that are here"
    if isinstance(error, httpx2.RemoteProtocolError) or "Consistency check failed" in str(error):
        return f"{what}: the connection to {endpoint} broke off, and nothing half-done is kept: run it again"
    if isinstance(error, httpx2.HTTPError):
        return (
            f"{what}: {endpoint} cannot be reached ({_line(str(error))}): check the connection, or use --offline for "
            "models that are here"
        )
    if isinstance(error, OSError) and error.errno is not None:
        return (
            f"{what}: {error.filename or 'the cache'} cannot be written or read: {error.strerror}; HF_HUB_CACHE moves "
            "the cache of the Hub"
        )
    if isinstance(error, FileMetadataError | JSONDecodeError | KeyError | TypeError | AttributeError | AssertionError):
        return f"{what}: {endpoint} does not answer as a Hugging Face Hub does: check HF_ENDPOINT"
    return f"{what}: {_line(str(error))}"


def _of_status(error: HfHubHTTPError, what: str, endpoint: str) -> str:
    from huggingface_hub.errors import GatedRepoError

    status, headers = error.response.status_code, error.response.request.headers
    if isinstance(error, GatedRepoError):
        return f"{what} is given to some only: ask for access on its page at {endpoint}, and {_LOGIN}"
    if status == 401 and "authorization" in headers:
        return f"{what}: the Hub does not accept the token (401): {_LOGIN}"
    if status == 403:
        return f"{what}: the token may not do this (403): make one that may at {endpoint}/settings/tokens, and {_LOGIN}"
    if status in (401, 404):
        why = "you are not logged in" if status == 401 else "this account may not see it"
        return f"{what} does not exist, or is private and {why} ({status}): check the name, or {_LOGIN}"
    if status in (409, 412):
        return (
            f"{what}: someone else pushed at the same time ({status}), and nothing of yours was published: run it again"
        )
    if status == 429:
        wait = retry_after(error.response)
        when = "later" if wait is None else f"in {wait} seconds"
        return f"{what}: the Hub has had too many requests (429): try again {when}; it allows more to who is logged in"
    if status >= 500:
        return f"{what}: the Hub is out of order ({status}): try again later, or use --offline for models that are here"
    return f"{what}: the Hub refuses this ({status}): {_line(error.server_message or 'it does not say why')}"


def _line(text: str) -> str:
    """At most 300 characters on one line, without secrets."""
    return shown(" ".join(text.split()), kept="")[:300].strip()
