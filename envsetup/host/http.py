"""Fetches a page under limits that always hold: time in all, size, and no way to another host."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Literal
from urllib.parse import urlsplit

from envsetup.host.background import in_background
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
    size_bytes: int | None = None
    """The length that the server names."""
    elsewhere: bool = False
    """Whether it answered that the page is at another host, where nobody went."""

    @property
    def missing(self) -> bool:
        """Whether the server says that there is no such page: the wheel index answers 403 for one."""
        return self.status in (403, 404, 410)


class _ElsewhereError(urllib.error.URLError):
    """The server sends its visitors to another host."""


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
            raise _ElsewhereError(f"redirected to another place, {newurl[:200]}")
        there = super().redirect_request(req, fp, code, msg, headers, newurl)
        if there is not None:
            there.method = req.get_method()  # a HEAD stays one
        return there


def fetch(
    url: str,
    limit_s: float = PAGE_LIMIT_S,
    limit_bytes: int = PAGE_LIMIT_BYTES,
    method: Literal["GET", "HEAD"] = "GET",
    login: tuple[str, str] | None = None,
) -> Page:
    """The page, decoded as UTF-8; never raises, and ends within the limit (seconds).

    The limit holds for all together: names, connections, headers, redirects and body. A socket's own
    starts anew with each byte, so a thread asks, and one that a server holds for longer is left behind.
    `login`: name and password, sent as a header (RFC 7617); the address itself holds none.
    """
    headers = {"User-Agent": "envsetup", **(_authorization(login) if login else {})}
    pages: list[Page] = []
    thread = in_background(
        lambda: pages.append(_fetched(url, limit_s, limit_bytes, method, headers))
    )
    if thread is not None:
        thread.join(limit_s)
    return pages[0] if pages else Page(url=url, error=f"no end of the answer within {limit_s:g} s")


def _fetched(
    url: str, limit_s: float, limit_bytes: int, method: str, headers: dict[str, str]
) -> Page:
    try:
        scheme = urlsplit(url).scheme
    except ValueError as error:
        return Page(url=url, error=str(error))
    if scheme not in ("http", "https"):
        return Page(url=url, error="not an address that begins with https:// or http://")
    until = time.monotonic() + limit_s
    opener = urllib.request.build_opener(_SameHost)
    request = urllib.request.Request(url, headers=headers, method=method)  # noqa: S310 - checked
    try:
        with opener.open(request, timeout=limit_s) as answer:
            length = answer.headers.get("Content-Length") or ""
            data = _within(answer, until, limit_bytes) if method == "GET" else b""
        size = int(length) if length.isascii() and length.isdigit() else None
        return Page(url=url, text=data.decode("utf-8", "replace"), status=200, size_bytes=size)
    except urllib.error.HTTPError as error:
        error.close()
        return Page(url=url, status=error.code, error=f"HTTP {error.code}")
    except (OSError, HTTPException, ValueError) as error:
        said = str(getattr(error, "reason", error)) or type(error).__name__
        return Page(url=url, error=said, elsewhere=isinstance(error, _ElsewhereError))


def _authorization(login: tuple[str, str]) -> dict[str, str]:
    import base64

    word = base64.b64encode(":".join(login).encode()).decode()
    return {"Authorization": f"Basic {word}"}


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
