"""One image at a time: whatever goes wrong with it, or is warned of, is said with its name; and it is not too large."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from PIL import Image, UnidentifiedImageError

from ganzoo.errors import DataError

MAX_PIXELS = 2 * 89_478_485
"""Pillow's bound: what has more may be a small file that unpacks to more than the memory."""


class BadImageError(DataError):
    """One image that cannot be used; `--skip-bad` leaves it out. The message names it."""


# Pillow's readers log without saying of which file; what matters they also raise.
logging.getLogger("PIL").addHandler(logging.NullHandler())


@contextmanager
def naming(title: str) -> Iterator[list[str]]:
    """Turn whatever goes wrong with one image into a `BadImageError` that names it.

    Yields:
        A list that fills with what libraries warn of meanwhile, in this thread.
    """
    warned: list[str] = []
    _current.warned = warned
    try:
        with _quiet:
            yield warned
    except (DataError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise BadImageError(f"{title} is not an image, or its beginning is damaged") from error
    # Pillow's decoders raise whatever the damaged bytes lead them to: OSError, SyntaxError, struct.error, ...
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise BadImageError(f"{title} cannot be decoded ({reason})") from error
    finally:
        _current.warned = None


def check_size(width: int, height: int, title: str, most: int) -> None:
    """Refuse an image before it is decoded.

    Raises:
        BadImageError: If it has more than `most` pixels.
    """
    if width * height > most:
        needed = -(-width * height // 1_000_000)
        raise BadImageError(
            f"{title} cannot be decoded (its {width}x{height} pixels take {3 * width * height / 1e9:.1f} GB, and it "
            f"may be a decompression bomb): --max-pixels {needed}M allows it"
        )


class _Quiet:
    """While an image is looked at in any thread, Pillow warns to us, and `check_size` takes the place of its bound."""

    def __init__(self) -> None:
        self._lock, self._inside, self._undo = threading.Lock(), 0, ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._undo.enter_context(warnings.catch_warnings())
                show, warnings.showwarning = warnings.showwarning, self._note
                self._show, self._most = show, Image.MAX_IMAGE_PIXELS
                warnings.simplefilter("always")
                Image.MAX_IMAGE_PIXELS = None

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                Image.MAX_IMAGE_PIXELS = self._most
                self._undo.close()

    def _note(self, message: Any, *where: Any, **more: Any) -> None:
        warned: list[str] | None = getattr(_current, "warned", None)
        if warned is None:  # of another thread of the program
            self._show(message, *where, **more)
        else:
            warned.append(" ".join(str(message).split()))


_current = threading.local()
_quiet = _Quiet()
