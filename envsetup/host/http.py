"""Fetches a page under limits that always hold: time in all, size, and no way to another host."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import urlsplit

from envsetup.model import Record

PAGE_LIMIT_S = 10.0
PAGE_LIMIT_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 1 << 16
MOST_REDIRECTS = 4


class Page(Record):
    """What a request came to: the text, or why there is none."""

    url: str
    text: str | None = None
    status: int | None = None
    """The HTTP status, where the server answered."""
    error: str | None = None

    @property
    def missing(self) -> bool:
        """Whether the server says that there is no such page: the wheel index answers 403 for one."""
        return self.status in (403, 404, 410)


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to the host and scheme that were asked, and not for ever."""

    max_redirections = MOST_REDIRECTS

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        asked, other = urlsplit(req.full_url), urlsplit(newurl)
        if (asked.scheme, asked.netloc) != (other.scheme, other.netloc):
            raise urllib.error.URLError(f"redirected to another place, {newurl[:200]}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str, limit_s: float = PAGE_LIMIT_S, limit_bytes: int = PAGE_LIMIT_BYTES) -> Page:
    """The page, decoded as UTF-8; never raises, and ends within about the limit (seconds)."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError as error:
        return Page(url=url, error=str(error))
    if scheme not in ("http", "https"):
        return Page(url=url, error="not an address that begins with https:// or http://")
    until = time.monotonic() + limit_s
    opener = urllib.request.build_opener(_SameHost)
    request = urllib.request.Request(url, headers={"User-Agent": "envsetup"})  # noqa: S310 - checked
    try:
        with opener.open(request, timeout=limit_s) as answer:
            data = _within(answer, until, limit_bytes)
        return Page(url=url, text=data.decode("utf-8", "replace"), status=200)
    except urllib.error.HTTPError as error:
        error.close()
        return Page(url=url, status=error.code, error=f"HTTP {error.code}")
    except (OSError, HTTPException, ValueError) as error:
        return Page(url=url, error=str(getattr(error, "reason", error)) or type(error).__name__)


def _within(answer: Any, until: float, limit_bytes: int) -> bytes:
    """The body. Raises TimeoutError for one that drips, ValueError for one that is too large or cut."""
    length = answer.headers.get("Content-Length") or ""
    data = bytearray()
    while chunk := answer.read1(CHUNK_BYTES):
        data += chunk
        if len(data) > limit_bytes:
            raise ValueError(f"more than {limit_bytes} bytes")
        if time.monotonic() > until:
            raise TimeoutError("no end within the time limit")
    if length.isdigit() and len(data) < int(length):
        raise ValueError(f"cut after {len(data)} of {length} bytes")
    return bytes(data)
