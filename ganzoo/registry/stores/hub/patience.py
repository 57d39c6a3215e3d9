"""How long the Hub is waited for: every wait has an end, and a long one is told (on stderr, by the logger `ganzoo`)."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ganzoo.errors import RegistryError, said

if TYPE_CHECKING:
    import httpx2

PATIENCE_S = 60
"""The longest wait that a 429 may ask for; a longer one is an error that says how long."""
ANSWER_S = 60.0
"""The longest that the head of an answer, or a whole answer that is no file, may take, however it trickles."""
LEAST_BYTES_PER_S = 1024
"""What is slower over `RATE_WINDOW_S` is given up: at a byte a second nothing would ever end."""
RATE_WINDOW_S = 30.0

_Answer = TypeVar("_Answer")
_logger = logging.getLogger("ganzoo")


def ask(question: Callable[[], _Answer]) -> _Answer:
    """A short answer of a call that changes nothing: `retried`, and `within` a time."""
    return retried(lambda: within(question))


def retried(
    question: Callable[[], _Answer],
    *,
    waits: tuple[int, ...] = (1, 2, 4),
    again_after: tuple[type[Exception], ...] = (),
) -> _Answer:
    """Answer of a call that changes nothing, asked again after 5xx and 429, which the client does for some calls only.

    Args:
        question: The call.
        waits: Seconds between the attempts, where the server does not say.
        again_after: Errors of the line after which it is asked again too.

    Raises:
        Exception: What the last attempt raised, or one that asks for a wait above `PATIENCE_S`.
    """
    from huggingface_hub.errors import HfHubHTTPError

    for number, wait in enumerate(waits, 1):
        try:
            return question()
        except HfHubHTTPError as error:
            status, asked = error.response.status_code, retry_after(error.response)
            if not (status >= 500 or status == 429) or (asked or 0) > PATIENCE_S:
                raise
            seconds, why = wait if asked is None else asked, f"answers {status}"
        except again_after as error:
            seconds, why = wait, f"broke off ({said(error)})"
        # What a 429 asks for is told where every answer is seen, as the client waits too.
        if wait > 2 and seconds == wait:
            _logger.warning("the Hub %s: asked again in %d s (%d of %d)", why, seconds, number, len(waits))
        time.sleep(seconds)
    return question()


def within(call: Callable[[], _Answer], moved: Callable[[], int] = lambda: 0) -> _Answer:
    """A call that may take `ANSWER_S`; each piece of an answer has a time limit of its own, and may be one byte.

    Args:
        call: What is asked.
        moved: Bytes that were read or sent so far. As long as they come at `LEAST_BYTES_PER_S`, it may take longer.

    Raises:
        TimeoutException: Of httpx, if it is not done by then. What it waits for is left to a thread.
        BaseException: What the call raised.
    """
    import httpx2

    outcome: list[_Answer] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    before = -LEAST_BYTES_PER_S * ANSWER_S
    while thread.is_alive() and (now := moved()) - before >= LEAST_BYTES_PER_S * ANSWER_S:
        thread.join(ANSWER_S)
        before = now
    if raised:
        raise raised[0]
    if not outcome:
        raise httpx2.ReadTimeout(f"no whole answer within {ANSWER_S:.0f} s")
    return outcome[0]


def paced(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The pieces of a body, as long as they come at a rate that leads to an end.

    Raises:
        RegistryError: If they do not.
    """
    began, came = time.monotonic(), 0
    for chunk in chunks:
        came += len(chunk)
        yield chunk
        seconds = time.monotonic() - began
        if seconds > RATE_WINDOW_S:
            if came < LEAST_BYTES_PER_S * seconds:
                raise RegistryError(
                    f"{name} comes at {came / seconds:,.0f} bytes a second, and what is slower than "
                    f"{LEAST_BYTES_PER_S:,} is given up: try again later, or on another network"
                )
            began, came = time.monotonic(), 0


@contextmanager
def bounded_waits() -> Iterator[None]:
    """Let the client's own retries in here wait for no 429 that asks for more than `PATIENCE_S`."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

    def refuse(response: httpx2.Response) -> None:
        asked = retry_after(response) or 0
        if response.status_code == 429 and asked > PATIENCE_S:
            within(response.read)
            hf_raise_for_status(response)
        if response.status_code == 429 and asked > 2:
            _logger.warning("the Hub answers 429: asked again in %d s", asked)

    session = get_session()
    before = session.event_hooks
    session.event_hooks = {**before, "response": [*before["response"], refuse]}
    try:
        yield
    finally:
        session.event_hooks = before


def retry_after(response: httpx2.Response) -> int | None:
    """Seconds that the server asks to wait: `Retry-After: 30`, or the Hub's own `RateLimit: "api";r=0;t=30`."""
    headers = response.headers
    match = re.search(r"\bt=(\d+)", headers.get("ratelimit", "")) or re.fullmatch(
        r"(\d+)", headers.get("retry-after", "")
    )
    return int(match[1]) if match else None
